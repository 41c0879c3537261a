import CDNNL
import OneDNNKernels
import VireoTensor

/// The element types that kernels take here.
enum DataType: Sendable {
    case f32
    case bf16
    case u8
    case s8

    /// - Precondition: the descriptor was made with one of these types, or none.
    init(_ descriptor: dnnl_memory_desc_t) {
        self =
            switch descriptor.data_type {
            case dnnl_bf16: .bf16
            case dnnl_u8: .u8
            case dnnl_s8: .s8
            default: .f32
            }
    }

    /// - Precondition: a type of a graph's input.
    init(_ type: ElementType) {
        self =
            switch type {
            case .u8: .u8
            case .i8: .s8
            default: .f32
            }
    }

    var raw: dnnl_data_type_t {
        switch self {
        case .f32: dnnl_f32
        case .bf16: dnnl_bf16
        case .u8: dnnl_u8
        case .s8: dnnl_s8
        }
    }

    var byteWidth: Int {
        switch self {
        case .f32: 4
        case .bf16: 2
        case .u8, .s8: 1
        }
    }

    /// What the plugin's own kernels call it.
    var element: vireo_element {
        switch self {
        case .f32: VIREO_ELEMENT_F32
        case .bf16: VIREO_ELEMENT_BF16
        case .u8: VIREO_ELEMENT_U8
        case .s8: VIREO_ELEMENT_S8
        }
    }

    var isInteger: Bool { self == .u8 || self == .s8 }
}

extension DataType: CustomStringConvertible {
    /// Profiles name every step by it: reflection would take longer than the rest of the name.
    var description: String {
        switch self {
        case .f32: "f32"
        case .bf16: "bf16"
        case .u8: "u8"
        case .s8: "s8"
        }
    }
}
