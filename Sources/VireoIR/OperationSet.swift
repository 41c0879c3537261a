import VireoTensor

/// Every operation that Vireo knows, with its versions: the one place that turns a name and attributes into an
/// `Operation`.
public enum OperationSet {
    /// One operation of the table.
    public struct Entry: Sendable {
        /// The specification's name.
        public let type: String
        /// The opsets that introduced a version of it, ascending.
        public let versions: [Int]
        let make: @Sendable (AttributeReader, Int) throws -> any Operation
        /// How many graphs are inside it, and how it is made of them.
        var bodyCount = 0
        var makeWithBodies: (@Sendable ([Body]) throws -> any Operation)?
    }

    /// The operation `type` as opset number `opset` defines it.
    /// - Parameter bodies: the graphs inside it.
    /// - Throws: `unsupported` for a name that is not in the table, `malformedFile` for bad attributes and for bodies
    ///   that the operation does not have.
    public static func make(
        _ type: String, opset: Int, _ attributes: AttributeReader, bodies: [Body] = []
    ) throws -> any Operation {
        let name = type.lowercased()
        guard let entry = index[spellings[name] ?? name] else {
            throw VireoError(.unsupported, "the operation \(type) (opset\(opset)) is not known")
        }
        guard let version = entry.versions.last(where: { $0 <= opset }) else {
            throw VireoError(
                .unsupported, "\(entry.type) first appears in opset\(entry.versions[0]), and opset\(opset) is asked for"
            )
        }
        guard bodies.count == entry.bodyCount else {
            throw VireoError(.malformedFile, "\(bodies.count) bodies of \(entry.type), which has \(entry.bodyCount)")
        }
        return try entry.makeWithBodies?(bodies) ?? entry.make(attributes, version)
    }

    /// Holds an operation that was made here to what a file may say.
    /// - Throws: as `make`.
    public static func check(_ operation: any Operation) throws {
        guard operation.bodies.isEmpty, index[operation.type.lowercased()] != nil else { return }
        _ = try make(operation.type, opset: operation.version, AttributeReader(operation.attributes))
    }

    public static let entries: [Entry] =
        UnaryElementwise.Kind.allCases.map { kind in
            entry(kind.rawValue, [UnaryElementwise(kind).version]) { _, _ in UnaryElementwise(kind) }
        }
        + BinaryElementwise.Kind.allCases.map { kind in
            entry(kind.rawValue, [1]) { attributes, _ in try BinaryElementwise(kind, attributes) }
        }
        + Reduction.Kind.allCases.map { kind in
            entry(kind.rawValue, [Reduction(kind, keepDims: false).version]) { attributes, _ in
                try Reduction(kind, attributes)
            }
        }
        + BitwiseElementwise.Kind.allCases.map { kind in
            entry(kind.rawValue, [BitwiseElementwise.version(of: kind)]) { attributes, _ in
                try BitwiseElementwise(kind, attributes)
            }
        }
        + FloatPredicate.Kind.allCases.map { kind in
            entry(kind.rawValue, [10]) { attributes, _ in try FloatPredicate(kind, attributes) }
        }
        + FourierTransform.Kind.allCases.map { kind in
            entry(kind.rawValue, [FourierTransform(kind).version]) { _, _ in FourierTransform(kind) }
        }
        + ColorConversion.Source.allCases.flatMap { source in
            ColorConversion.Order.allCases.map { order in
                entry(ColorConversion(source, to: order).type, [8]) { _, _ in ColorConversion(source, to: order) }
            }
        } + [
            entry("Parameter", [1], Parameter.init),
            entry("Result", [1]) { _, _ in Result() },
            entry("Clamp", [1], Clamp.init),
            entry("Elu", [1], Elu.init),
            entry("PReLU", [1]) { _, _ in PReLU() },
            entry("Swish", [4]) { _, _ in Swish() },
            entry("Select", [1], Select.init),
            entry("Convert", [1], Convert.init),
            entry("FakeQuantize", [1], FakeQuantize.init),
            entry("Convolution", [1], Convolution.init),
            entry("GroupConvolution", [1], GroupConvolution.init),
            entry("MaxPool", [1, 8, 14], MaxPool.init),
            entry("AvgPool", [1, 14, 16], AvgPool.init),
            entry("BinaryConvolution", [1], BinaryConvolution.init),
            entry("MatMul", [1], MatMul.init),
            entry("SoftMax", [1, 8], SoftMax.init),
            entry("LogSoftmax", [5], LogSoftmax.init),
            entry("BatchNormInference", [1, 5], BatchNormInference.init),
            entry("LRN", [1], LRN.init),
            entry("Reshape", [1], Reshape.init),
            entry("Squeeze", [1, 15], Squeeze.init),
            entry("Unsqueeze", [1]) { _, _ in Unsqueeze() },
            entry("Transpose", [1]) { _, _ in Transpose() },
            entry("ShapeOf", [1, 3], ShapeOf.init),
            entry("Broadcast", [1, 3], Broadcast.init),
            entry("Tile", [1]) { _, _ in Tile() },
            entry("Concat", [1], Concat.init),
            entry("Split", [1], Split.init),
            entry("VariadicSplit", [1]) { _, _ in VariadicSplit() },
            entry("Pad", [1, 12], Pad.init),
            entry("StridedSlice", [1], StridedSlice.init),
            entry("Gather", [1, 7, 8], Gather.init),
            entry("Round", [5], Round.init),
            entry("Gelu", [2, 7], Gelu.init),
            entry("HardSigmoid", [1]) { _, _ in HardSigmoid() },
            entry("Selu", [1]) { _, _ in Selu() },
            entry("ConvolutionBackpropData", [1]) { attributes, _ in
                try ConvolutionBackpropData(attributes, isGrouped: false)
            },
            entry("GroupConvolutionBackpropData", [1]) { attributes, _ in
                try ConvolutionBackpropData(attributes, isGrouped: true)
            },
            entry("NormalizeL2", [1], NormalizeL2.init),
            entry("MVN", [2, 6], MVN.init),
            entry("Interpolate", [1, 4, 11], Interpolate.init),
            entry("SpaceToBatch", [2]) { _, _ in SpaceToBatch() },
            entry("BatchToSpace", [2]) { _, _ in BatchToSpace() },
            entry("DepthToSpace", [1], DepthToSpace.init),
            entry("SpaceToDepth", [1], SpaceToDepth.init),
            entry("TopK", [1, 3, 11], TopK.init),
            entry("OneHot", [1, 16], OneHot.init),
            entry("Range", [1, 4], NumberRange.init),
            entry("CumSum", [3], CumSum.init),
            entry("GatherND", [5, 8], GatherND.init),
            entry("ScatterNDUpdate", [4, 15], ScatterNDUpdate.init),
            entry("PriorBox", [1, 8], PriorBox.init),
            entry("PriorBoxClustered", [1], PriorBoxClustered.init),
            entry("DetectionOutput", [1, 8], DetectionOutput.init),
            entry("NonMaxSuppression", [1, 3, 4, 5, 9], NonMaxSuppression.init),
            entry("Proposal", [1, 4], Proposal.init),
            entry("GenerateProposals", [9]) { attributes, _ in try RegionProposals(attributes, isSingleImage: false) },
            entry("ExperimentalDetectronGenerateProposalsSingleImage", [6]) { attributes, _ in
                try RegionProposals(attributes, isSingleImage: true)
            },
            entry("ExperimentalDetectronPriorGridGenerator", [6], DetectronPriorGrid.init),
            entry("ExperimentalDetectronTopKROIs", [6], DetectronTopRegions.init),
            entry("ExperimentalDetectronROIFeatureExtractor", [6], DetectronRegionFeatures.init),
            entry("ExperimentalDetectronDetectionOutput", [6], DetectronDetectionOutput.init),
            entry("ROIPooling", [2], ROIPooling.init),
            entry("PSROIPooling", [1], PSROIPooling.init),
            entry("ROIAlign", [3, 9], ROIAlign.init),
            entry("NMSRotated", [13], RotatedSuppression.init),
            entry("ROIAlignRotated", [15], RotatedRegionAlignment.init),
            entry("RegionYolo", [1], RegionYolo.init),
            entry("ReorgYolo", [2], ReorgYolo.init),
            entry("NonZero", [3], NonZero.init),
            entry("ReverseSequence", [1], ReverseSequence.init),
            entry("ShuffleChannels", [1], ShuffleChannels.init),
            entry("Bucketize", [3], Bucketize.init),
            entry("AdaptiveAvgPool", [8]) { attributes, _ in try AdaptivePool(.average, attributes) },
            entry("AdaptiveMaxPool", [8]) { attributes, _ in try AdaptivePool(.maximum, attributes) },
            entry("BitwiseNot", [13]) { _, _ in BitwiseNot() },
            entry("Identity", [16]) { _, _ in Identity() },
            entry("ConvertLike", [1]) { _, _ in ConvertLike() },
            entry("Slice", [8]) { _, _ in Slice() },
            entry("SliceScatter", [15]) { _, _ in SliceScatter() },
            entry("ScatterUpdate", [3]) { _, _ in ScatterUpdate() },
            entry("ScatterElementsUpdate", [3, 12], ScatterElementsUpdate.init),
            entry("GatherElements", [6], GatherElements.init),
            entry("GatherTree", [1]) { _, _ in GatherTree() },
            entry("Einsum", [7], Einsum.init),
            entry("ScaledDotProductAttention", [13], ScaledDotProductAttention.init),
            entry("ExtractImagePatches", [3], ExtractImagePatches.init),
            entry("Col2Im", [15], Col2Im.init),
            entry("GroupNormalization", [12], GroupNormalization.init),
            entry("GRN", [1], GRN.init),
            entry("Roll", [7]) { _, _ in Roll() },
            entry("Reverse", [1], Reverse.init),
            entry("Eye", [9], Eye.init),
            entry("Unique", [10], Unique.init),
            entry("SearchSorted", [15], SearchSorted.init),
            entry("CTCGreedyDecoder", [1]) { attributes, _ in try CTCGreedyDecoder(attributes, hasLengths: false) },
            entry("CTCGreedyDecoderSeqLen", [6]) { attributes, _ in try CTCGreedyDecoder(attributes, hasLengths: true)
            },
            entry("DeformableConvolution", [1, 8], DeformableConvolution.init),
            entry("DeformablePSROIPooling", [1], DeformablePSROIPooling.init),
            entry("GridSample", [9], GridSample.init),
            entry("MulticlassNms", [8, 9]) { try ClassSuppression(.multiclass, $0, version: $1) },
            entry("MatrixNms", [8]) { try ClassSuppression(.matrix, $0, version: $1) },
            entry("ReadValue", [3, 6], ReadValue.init),
            entry("Assign", [3, 6], Assign.init),
            bodied("TensorIterator", 1, bodies: 1) { try TensorIterator($0[0]) },
            bodied("Loop", 5, bodies: 1) { try Loop($0[0]) },
            bodied("If", 8, bodies: 2) { try If(then: $0[0], else: $0[1]) },
            recurrent("RNNCell", [1, 3], .rnn, isSequence: false),
            recurrent("GRUCell", [3], .gru, isSequence: false),
            recurrent("LSTMCell", [1, 4], .lstm, isSequence: false),
            recurrent("RNNSequence", [5], .rnn, isSequence: true),
            recurrent("GRUSequence", [5], .gru, isSequence: true),
            recurrent("LSTMSequence", [1, 5], .lstm, isSequence: true),
        ]

    private static let index = Dictionary(uniqueKeysWithValues: entries.map { ($0.type.lowercased(), $0) })

    /// Names that one opset alone has.
    private static let spellings = ["xor": "logicalxor"]

    private static func bodied(
        _ type: String, _ version: Int, bodies: Int, _ make: @escaping @Sendable ([Body]) throws -> any Operation
    ) -> Entry {
        Entry(
            type: type, versions: [version],
            make: { _, _ in throw VireoError(.malformedFile, "a \(type) without a body") },
            bodyCount: bodies, makeWithBodies: make)
    }

    private static func recurrent(
        _ type: String, _ versions: [Int], _ kind: RecurrentNetwork.Kind, isSequence: Bool
    ) -> Entry {
        entry(type, versions) { attributes, version in
            try RecurrentNetwork(kind, isSequence: isSequence, attributes, version: version)
        }
    }

    private static func entry(
        _ type: String, _ versions: [Int], _ make: @escaping @Sendable (AttributeReader, Int) throws -> any Operation
    ) -> Entry {
        Entry(type: type, versions: versions, make: make)
    }
}
