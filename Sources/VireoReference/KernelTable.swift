import VireoIR
import VireoTensor

/// Which kernel computes which operation, and for which element types.
enum KernelTable {
    struct Entry: Sendable {
        let type: String
        /// The types that the data may have.
        let elementTypes: Set<ElementType>
        /// The inputs that hold indices, axes, shapes or conditions; the others hold data.
        let indexInputs: Range<Int>
        /// The types that those may have.
        let indexTypes: Set<ElementType>
        /// Whether narrow types are computed in a wider one. Kernels that only move elements leave them as they are.
        let widens: Bool
        /// Whether the shapes of the outputs depend on what is computed, so that the kernel decides them.
        let sizesOutputs: Bool
        let run: @Sendable (any Operation, Call) throws -> [Tensor]
    }

    static let entries: [Entry] = [
        // Elementwise
        entry("ReLU", numbers, unary),
        entry("Sigmoid", floats, unary),
        entry("Tanh", floats, unary),
        entry("Exp", floats, unary),
        entry("Log", floats, unary),
        entry("Sqrt", floats, unary),
        entry("Abs", numbers, unary),
        entry("Negative", numbers, unary),
        entry("Sign", numbers, unary),
        entry("Floor", numbers, unary),
        entry("Ceiling", numbers, unary),
        entry("Erf", floats, unary),
        entry("Sin", floats, unary),
        entry("Cos", floats, unary),
        entry("Tan", floats, unary),
        entry("Asin", floats, unary),
        entry("Acos", floats, unary),
        entry("Atan", floats, unary),
        entry("Sinh", floats, unary),
        entry("Cosh", floats, unary),
        entry("Asinh", floats, unary),
        entry("Acosh", floats, unary),
        entry("Atanh", floats, unary),
        entry("SoftSign", floats, unary),
        entry("SoftPlus", floats, unary),
        entry("Mish", floats, unary),
        entry("HSwish", floats, unary),
        entry("HSigmoid", floats, unary),
        entry("LogicalNot", [.boolean], unary),
        entry("Add", numbers, binary),
        entry("Subtract", numbers, binary),
        entry("Multiply", numbers, binary),
        entry("Divide", numbers, binary),
        entry("Maximum", numbers, binary),
        entry("Minimum", numbers, binary),
        entry("Power", numbers, binary),
        entry("SquaredDifference", numbers, binary),
        entry("FloorMod", numbers, binary),
        entry("Mod", numbers, binary),
        entry("Equal", numbersAndBoolean, binary),
        entry("NotEqual", numbersAndBoolean, binary),
        entry("Less", numbersAndBoolean, binary),
        entry("LessEqual", numbersAndBoolean, binary),
        entry("Greater", numbersAndBoolean, binary),
        entry("GreaterEqual", numbersAndBoolean, binary),
        entry("LogicalAnd", [.boolean], binary),
        entry("LogicalOr", [.boolean], binary),
        entry("LogicalXor", [.boolean], binary),
        entry("Clamp", numbers, clamp),
        entry("Elu", floats, elu),
        entry("PReLU", floats, preLU),
        entry("Swish", floats, swish),
        entry("FakeQuantize", floats, fakeQuantize),
        moving("Select", indices: 0..<1, select),
        moving("Convert", convert),
        entry("BitwiseAnd", integersAndBoolean, bitwise),
        entry("BitwiseOr", integersAndBoolean, bitwise),
        entry("BitwiseXor", integersAndBoolean, bitwise),
        entry("BitwiseLeftShift", integers, bitwise),
        entry("BitwiseRightShift", integers, bitwise),
        entry("BitwiseNot", integersAndBoolean, widens: false, bitwiseNot),
        entry("IsNaN", floats, floatPredicate),
        entry("IsInf", floats, floatPredicate),
        entry("IsFinite", floats, floatPredicate),
        moving("Identity", identity),
        moving("ConvertLike", convertLike),
        entry("Round", floats, round),
        entry("Gelu", floats, gelu),
        entry("HardSigmoid", floats, hardSigmoid),
        entry("Selu", floats, selu),
        // Networks
        entry("Convolution", floats, convolution),
        entry("GroupConvolution", floats, groupConvolution),
        entry("BinaryConvolution", floats, indices: 1..<2, of: [.u1], binaryConvolution),
        entry("MatMul", floats, matMul),
        entry("MaxPool", numbers, maxPool),
        entry("AvgPool", floats, avgPool),
        entry("AdaptiveAvgPool", floats, indices: 1..<2, adaptivePool),
        entry("AdaptiveMaxPool", floats, indices: 1..<2, adaptivePool),
        entry("DeformableConvolution", floats, deformableConvolution),
        entry("Einsum", numbers, einsum),
        entry("ScaledDotProductAttention", floats.union([.boolean]), scaledDotProductAttention),
        entry("GroupNormalization", floats, groupNormalization),
        entry("GRN", floats, globalResponseNormalization),
        entry("GridSample", floats, gridSample),
        entry("SoftMax", floats, softMax),
        entry("LogSoftmax", floats, logSoftmax),
        entry("BatchNormInference", floats, batchNormInference),
        entry("LRN", floats, indices: 1..<2, localResponseNormalization),
        entry("ConvolutionBackpropData", floats, indices: 2..<3, convolutionBackpropData),
        entry("GroupConvolutionBackpropData", floats, indices: 2..<3, convolutionBackpropData),
        entry("NormalizeL2", floats, indices: 1..<2, normalizeL2),
        entry("MVN", floats, indices: 1..<2, meanVarianceNormalization),
        entry("Interpolate", numbers, interpolate),
        // Detection
        entry("PriorBox", [.f32], indices: 0..<2, priorBox),
        entry("PriorBoxClustered", [.f32], indices: 0..<2, priorBoxClustered),
        entry("DetectionOutput", floats, detectionOutput),
        entry("NonMaxSuppression", floats, indices: 2..<3, sizesOutputs: true, nonMaxSuppression),
        entry("Proposal", floats, proposal),
        entry("GenerateProposals", floats, sizesOutputs: true, regionProposals),
        entry("ExperimentalDetectronGenerateProposalsSingleImage", floats, regionProposals),
        entry("ExperimentalDetectronPriorGridGenerator", floats, detectronPriorGrid),
        entry("ExperimentalDetectronTopKROIs", floats, detectronTopRegions),
        entry("ExperimentalDetectronROIFeatureExtractor", floats, detectronRegionFeatures),
        entry("ExperimentalDetectronDetectionOutput", floats, detectronDetectionOutput),
        entry("ROIPooling", floats, regionPooling),
        entry("PSROIPooling", floats, positionSensitivePooling),
        entry("ROIAlign", floats, indices: 2..<3, regionAlignment),
        entry("DeformablePSROIPooling", floats, deformableRegionPooling),
        entry("MulticlassNms", floats, indices: 2..<3, sizesOutputs: true, classSuppression),
        entry("MatrixNms", floats, sizesOutputs: true, classSuppression),
        entry("NMSRotated", floats, indices: 2..<3, sizesOutputs: true, rotatedSuppression),
        entry("ROIAlignRotated", floats, indices: 2..<3, rotatedRegionAlignment),
        entry("RegionYolo", floats, regionYolo),
        moving("ReorgYolo", reorgYolo),
        // Signals
        entry("DFT", floats, indices: 1..<3, fourierTransform),
        entry("IDFT", floats, indices: 1..<3, fourierTransform),
        entry("RDFT", floats, indices: 1..<3, fourierTransform),
        entry("IRDFT", floats, indices: 1..<3, fourierTransform),
        entry("NV12toRGB", floats.union([.u8]), colorConversion),
        entry("NV12toBGR", floats.union([.u8]), colorConversion),
        entry("I420toRGB", floats.union([.u8]), colorConversion),
        entry("I420toBGR", floats.union([.u8]), colorConversion),
        // Reductions
        entry("ReduceMean", numbers, indices: 1..<2, reduce),
        entry("ReduceSum", numbers, indices: 1..<2, reduce),
        entry("ReduceMax", numbers, indices: 1..<2, reduce),
        entry("ReduceMin", numbers, indices: 1..<2, reduce),
        entry("ReduceProd", numbers, indices: 1..<2, reduce),
        entry("ReduceL1", numbers, indices: 1..<2, reduce),
        entry("ReduceL2", numbers, indices: 1..<2, reduce),
        entry("ReduceLogicalAnd", [.boolean], indices: 1..<2, reduce),
        entry("ReduceLogicalOr", [.boolean], indices: 1..<2, reduce),
        // Shapes
        moving("Reshape", indices: 1..<2) { (_: Reshape, call) in try reshape(call) },
        moving("Squeeze", indices: 1..<2) { (_: Squeeze, call) in try reshape(call) },
        moving("Unsqueeze", indices: 1..<2) { (_: Unsqueeze, call) in try reshape(call) },
        moving("Transpose", indices: 1..<2, transpose),
        moving("ShapeOf", shapeOf),
        moving("Broadcast", indices: 1..<3, broadcast),
        moving("Tile", indices: 1..<2, tile),
        moving("Concat", concat),
        moving("Split", indices: 1..<2, split),
        moving("VariadicSplit", indices: 1..<3, variadicSplit),
        moving("Pad", indices: 1..<3, pad),
        moving("StridedSlice", indices: 1..<4, stridedSlice),
        moving("Gather", indices: 1..<3, gather),
        moving("Slice", indices: 1..<5, slice),
        moving("SliceScatter", indices: 2..<6, sliceScatter),
        moving("ScatterUpdate", indices: 1..<2, scatterUpdate),
        moving("ScatterElementsUpdate", indices: 1..<2, scatterElementsUpdate),
        moving("GatherElements", indices: 1..<2, gatherElements),
        entry("GatherTree", numbers, widens: false, gatherTree),
        moving("Roll", indices: 1..<3, roll),
        moving("Reverse", indices: 1..<2, reverse),
        moving("Eye", eye),
        moving("ExtractImagePatches", extractImagePatches),
        entry("Col2Im", numbers, indices: 1..<3, columnsToImage),
        entry("Unique", numbersAndBoolean, indices: 1..<2, widens: false, sizesOutputs: true, unique),
        entry("SearchSorted", numbers, searchSorted),
        moving("GatherND", indices: 1..<2, gatherND),
        moving("ScatterNDUpdate", indices: 1..<2, scatterNDUpdate),
        moving("OneHot", indices: 0..<2, oneHot),
        moving("SpaceToBatch", indices: 1..<4, spaceToBatch),
        moving("BatchToSpace", indices: 1..<4, batchToSpace),
        moving("DepthToSpace", depthToSpace),
        moving("SpaceToDepth", spaceToDepth),
        entry("TopK", numbers, indices: 1..<2, topK),
        entry("CumSum", numbers, indices: 1..<2, cumulativeSum),
        entry("Range", numbers, range),
        entry("NonZero", numbersAndBoolean, sizesOutputs: true, nonZero),
        moving("ReverseSequence", reverseSequence),
        moving("ShuffleChannels", shuffleChannels),
        entry("Bucketize", numbers, bucketize),
        entry("CTCGreedyDecoder", floats, ctcGreedyDecoder),
        entry("CTCGreedyDecoderSeqLen", floats, indices: 1..<3, ctcGreedyDecoder),
        // Control flow
        moving("TensorIterator", sizesOutputs: true, tensorIterator),
        moving("Loop", sizesOutputs: true, loop),
        moving("If", sizesOutputs: true, branch),
        // Recurrent networks
        entry("RNNCell", floats, recurrentNetwork),
        entry("GRUCell", floats, recurrentNetwork),
        entry("LSTMCell", floats, recurrentNetwork),
        entry("RNNSequence", floats, indices: 2..<3, recurrentNetwork),
        entry("GRUSequence", floats, indices: 2..<3, recurrentNetwork),
        entry("LSTMSequence", floats, indices: 3..<4, recurrentNetwork),
    ]

    static func entry(_ type: String) -> Entry? { index[type] }

    static let floats: Set<ElementType> = [.f64, .f32, .f16, .bf16]
    static let integers: Set<ElementType> = [.i64, .i32, .i16, .i8, .u32, .u16, .u8]
    static let integersAndBoolean = integers.union([.boolean])
    static let numbers = floats.union([.i64, .i32, .i16, .i8, .u32, .u16, .u8])
    static let numbersAndBoolean = numbers.union([.boolean])
    /// Types whose elements are whole bytes and can be moved without being understood.
    static let movable = numbersAndBoolean.union([.u64])
    /// What indices, axes, shapes and conditions may be.
    static let indexTypes: Set<ElementType> = [.i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .boolean]

    private static let index = Dictionary(uniqueKeysWithValues: entries.map { ($0.type, $0) })

    private static func entry<Op: Operation>(
        _ type: String, _ elementTypes: Set<ElementType>, indices: Range<Int> = 0..<0,
        of indexTypes: Set<ElementType> = KernelTable.indexTypes, widens: Bool = true, sizesOutputs: Bool = false,
        _ kernel: @escaping @Sendable (Op, Call) throws -> [Tensor]
    ) -> Entry {
        Entry(
            type: type, elementTypes: elementTypes, indexInputs: indices, indexTypes: indexTypes, widens: widens,
            sizesOutputs: sizesOutputs
        ) { operation, call in
            guard let operation = operation as? Op else {
                throw VireoError(.internalError, "the kernel of \(type) is given \(Swift.type(of: operation))")
            }
            return try kernel(operation, call)
        }
    }

    private static func moving<Op: Operation>(
        _ type: String, indices: Range<Int> = 0..<0, sizesOutputs: Bool = false,
        _ kernel: @escaping @Sendable (Op, Call) throws -> [Tensor]
    ) -> Entry {
        entry(type, movable, indices: indices, widens: false, sizesOutputs: sizesOutputs, kernel)
    }
}
