import VireoIR
import VireoTensor

/// How far results may be from the expected ones.
public struct Tolerance: Sendable {
    /// A part of the element itself.
    var relative = 0.0
    /// A part of the output's largest element.
    var ofLargest = 0.0
    /// The same for every element, where the operation bounds what goes into it.
    var absolute = 0.0

    public static func of(_ operation: any VireoIR.Operation) -> Tolerance {
        switch operation.type {
        // One rounding; devices may divide and take roots to within a few units in the last place (OpenCL allows 3).
        case "Add", "Subtract", "Multiply", "Divide", "Sqrt", "SquaredDifference", "PReLU":
            Tolerance(relative: 4e-7)
        // The remainder is as wrong as the quotient, which is up to six times as large as the operands here.
        case "Mod", "FloorMod": Tolerance(ofLargest: 1e-6)
        // Polynomials stand for these functions, each a few units in the last place off; near a zero of the function
        // the error is one of the terms, not of the result.
        case "Sigmoid", "Tanh", "Exp", "Log", "Erf", "Sin", "Cos", "SoftPlus", "Mish", "HSwish", "HSigmoid", "Elu",
            "Swish", "Power", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "SoftSign",
            "Gelu", "Selu", "HardSigmoid", "SoftMax", "LogSoftmax":
            Tolerance(relative: 4e-6, ofLargest: 4e-7)
        // Sums of up to a few hundred terms, added in any order: the error is one of the largest partial sum.
        case "Convolution", "GroupConvolution", "MatMul", "AvgPool", "ReduceMean", "ReduceSum", "ReduceProd",
            "ReduceL1",
            "ReduceL2", "LRN", "BatchNormInference", "ConvolutionBackpropData", "GroupConvolutionBackpropData",
            "NormalizeL2", "MVN", "CumSum", "Interpolate", "DeformableConvolution", "Einsum",
            "ScaledDotProductAttention", "GridSample",
            "GroupNormalization", "GRN", "Col2Im", "DFT", "IDFT", "RDFT", "IRDFT", "DeformablePSROIPooling",
            "AdaptiveAvgPool",
            "ScatterElementsUpdate", "ScatterNDUpdate", "TensorIterator", "Loop", "If":
            Tolerance(relative: 2e-6, ofLargest: 2e-6)
        // Boxes are a few sums and products, with exponentials for their sizes; the rows come in the same order.
        case "PriorBox", "PriorBoxClustered", "DetectionOutput", "NonMaxSuppression", "Proposal", "GenerateProposals",
            "ExperimentalDetectronGenerateProposalsSingleImage", "ExperimentalDetectronDetectionOutput",
            "ExperimentalDetectronPriorGridGenerator":
            Tolerance(relative: 1e-6, ofLargest: 1e-6)
        // Sums and products of exponentials.
        case "RegionYolo", "MatrixNms": Tolerance(relative: 4e-6, ofLargest: 1e-6)
        // Gates lie between 0 and 1, and their errors go from step to step.
        case "RNNCell", "GRUCell", "LSTMCell", "RNNSequence", "GRUSequence", "LSTMSequence":
            Tolerance(relative: 8e-6, ofLargest: 1e-6, absolute: 4e-7)
        // Places between pixels are sums and products, of which the result is a multiple of a few pixels' difference.
        case "ROIPooling", "PSROIPooling", "ROIAlign", "ROIAlignRotated", "ExperimentalDetectronROIFeatureExtractor":
            Tolerance(relative: 2e-6, ofLargest: 2e-6)
        // Three products that are of the colours' size.
        case "NV12toRGB", "NV12toBGR", "I420toRGB", "I420toBGR": Tolerance(ofLargest: 1e-6)
        // The same level, computed as level * scale + offset in one order or the other.
        case "FakeQuantize": Tolerance(ofLargest: 4e-7)
        // Elements are compared, chosen or moved.
        default: Tolerance()
        }
    }

    /// The loosest of the tolerances of a model's operations, each of which adds its error.
    public static func of(_ model: Model) -> Tolerance {
        model.nodes.reduce(into: Tolerance()) { result, node in
            let tolerance = of(node.operation)
            result.relative = max(result.relative, tolerance.relative)
            result.ofLargest = max(result.ofLargest, tolerance.ofLargest)
            result.absolute = max(result.absolute, tolerance.absolute)
        }
    }

    /// How results differ from the expected ones by more than this; nil when they do not.
    public func difference(of results: [Tensor], from expected: [Tensor]) throws -> String? {
        guard results.count == expected.count else { return "\(results.count) outputs for \(expected.count)" }
        for (index, (result, expected)) in zip(results, expected).enumerated() {
            guard result.elementType == expected.elementType, result.shape == expected.shape else {
                return "output \(index) is \(result.elementType)\(result.shape) and not "
                    + "\(expected.elementType)\(expected.shape)"
            }
            let (values, wanted) = (try result.doubles(), try expected.doubles())
            let largest = wanted.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
            // A result in half precision may be rounded to either neighbour. OpenVINO computes f64 in f32.
            let rounding = expected.elementType == .f16 ? 1e-3 : expected.elementType == .f64 ? 1e-6 : 0
            for (element, (value, wanted)) in zip(values, wanted).enumerated() where value != wanted {
                if value.isNaN && wanted.isNaN { continue }
                // The maximum of no elements: minus infinity, or what OpenVINO has for it.
                if value == -.infinity, wanted == -Double(Float.greatestFiniteMagnitude) { continue }
                let allowed =
                    (relative + rounding) * wanted.magnitude + (ofLargest + rounding / 4) * largest + absolute
                guard (value - wanted).magnitude <= allowed else {
                    return "output \(index), element \(element) is \(value) and not \(wanted)"
                }
            }
        }
        return nil
    }
}
