import CVireoPlugin
import VireoIR
import VireoTensor

/// What became of one node in one run, and how long it took.
public struct ProfileRow: Sendable, Hashable {
    public enum Status: Int32, Sendable {
        case notRun = 0
        case optimizedOut = 1
        case executed = 2

        /// "EXECUTED", "OPTIMIZED_OUT" or "NOT_RUN".
        public var name: String {
            switch self {
            case .notRun: "NOT_RUN"
            case .optimizedOut: "OPTIMIZED_OUT"
            case .executed: "EXECUTED"
            }
        }
    }

    /// Begins with `subgraph1: ` when the model is spread over several subgraphs.
    public var nodeName: String
    public let opType: String
    /// Which kernel ran: "brgconv_avx512_core", "sgemm".
    public let execType: String
    public let status: Status
    public let realMicroseconds: Int
    public let cpuMicroseconds: Int

    /// The element type that the kernel read and therefore computed in, as the end of `execType` says: u8 of
    /// "brgconv:avx512_core_vnni_u8_f32", which writes f32. Nil for kernels whose name does not say.
    public var precision: ElementType? {
        let kernel = execType.prefix { $0 != " " }
        return kernel.split(separator: "_").reversed().prefix(while: { ElementType(irName: String($0)) != nil }).last
            .flatMap { ElementType(irName: String($0)) }
    }

    /// The node's name without the subgraph before it.
    public var name: String {
        guard nodeName.hasPrefix("subgraph"), let colon = nodeName.range(of: ": "),
            Int(nodeName[..<colon.lowerBound].dropFirst("subgraph".count)) != nil
        else { return nodeName }
        return String(nodeName[colon.upperBound...])
    }
}

extension [ProfileRow] {
    /// Of the rows of one node that of its own kernel: devices tell of reorders of its operands under its name too.
    package func kernel(of type: String) -> ProfileRow? {
        first { $0.opType == type } ?? self.max { $0.realMicroseconds < $1.realMicroseconds }
    }
}

extension ProfileRow {
    init(_ row: vireo_profile_row) {
        nodeName = row.node_name.map { String(cString: $0) } ?? ""
        opType = row.op_type.map { String(cString: $0) } ?? ""
        execType = row.exec_type.map { String(cString: $0) } ?? ""
        status = Status(rawValue: row.status) ?? .notRun
        realMicroseconds = Int(row.real_microseconds)
        cpuMicroseconds = Int(row.cpu_microseconds)
    }
}
