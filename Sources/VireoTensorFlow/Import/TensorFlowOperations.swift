import VireoIR

/// Every TensorFlow operation that the importer knows. A translator adds the node's operations to the model and returns
/// the values of its outputs, in order.
enum TensorFlowOperations {
    typealias Translator = @Sendable (GraphImporter) throws -> [Output]

    static let table: [String: Translator] = [
        // Constants and names for values
        "Const": constant,
        "Identity": passThrough, "IdentityN": passThrough, "Snapshot": passThrough, "StopGradient": passThrough,
        "PreventGradient": passThrough,
        "ReadVariableOp": passThrough, "CheckNumerics": passThrough, "PlaceholderWithDefault": passThrough,

        // Convolutions, pools, products
        "Conv2D": convolution2D, "DepthwiseConv2dNative": depthwiseConvolution2D,
        "Conv3D": convolution3D, "Conv2DBackpropInput": transposedConvolution2D,
        "DepthwiseConv2dNativeBackpropInput": transposedDepthwiseConvolution2D,
        "MaxPool": maxPool(spatialRank: 2), "MaxPoolV2": maxPool(spatialRank: 2), "MaxPool3D": maxPool(spatialRank: 3),
        "AvgPool": averagePool(spatialRank: 2), "AvgPool3D": averagePool(spatialRank: 3),
        "MatMul": matrixProduct, "BatchMatMul": matrixProduct, "BatchMatMulV2": matrixProduct,
        "BatchMatMulV3": matrixProduct, "Einsum": einsum,
        "BiasAdd": biasAdd, "BiasAddV1": biasAdd,

        // Normalization
        "FusedBatchNorm": batchNormalization, "FusedBatchNormV2": batchNormalization,
        "FusedBatchNormV3": batchNormalization, "LRN": localResponseNormalization,
        "Softmax": softMax, "LogSoftmax": logSoftmax,

        // Elementwise
        "Add": binary(.add), "AddV2": binary(.add), "Sub": binary(.subtract), "Mul": binary(.multiply),
        "RealDiv": binary(.divide), "Div": binary(.divide), "FloorDiv": floorDivision, "DivNoNan": divisionWithoutNaN,
        "Maximum": binary(.maximum),
        "Minimum": binary(.minimum), "Pow": binary(.power), "SquaredDifference": binary(.squaredDifference),
        "FloorMod": binary(.floorMod), "Equal": binary(.equal), "NotEqual": binary(.notEqual), "Less": binary(.less),
        "LessEqual": binary(.lessEqual), "Greater": binary(.greater), "GreaterEqual": binary(.greaterEqual),
        "LogicalAnd": binary(.logicalAnd), "LogicalOr": binary(.logicalOr), "AddN": sumOfAll,
        "Relu": unary(.relu), "Sigmoid": unary(.sigmoid), "Tanh": unary(.tanh), "Exp": unary(.exp), "Log": unary(.log),
        "Sqrt": unary(.sqrt), "Abs": unary(.abs), "Neg": unary(.negative), "Sign": unary(.sign),
        "Floor": unary(.floor), "Ceil": unary(.ceiling), "Erf": unary(.erf), "Sin": unary(.sin), "Cos": unary(.cos),
        "Tan": unary(.tan), "Asin": unary(.asin), "Acos": unary(.acos), "Atan": unary(.atan), "Sinh": unary(.sinh),
        "Cosh": unary(.cosh), "Asinh": unary(.asinh), "Acosh": unary(.acosh), "Atanh": unary(.atanh),
        "Softsign": unary(.softSign), "Round": round, "Rint": round, "Log1p": logarithmOfOneMore,
        "Expm1": exponentialMinusOne, "Selu": selu, "ClipByValue": clip, "Mod": binary(.mod),
        "TruncateMod": binary(.mod),
        "Softplus": unary(.softPlus), "LogicalNot": unary(.logicalNot),
        "Relu6": relu6, "Elu": elu, "LeakyRelu": leakyRelu, "Rsqrt": reciprocalSquareRoot, "Square": square,
        "Reciprocal": reciprocal, "Inv": reciprocal, "Cast": cast, "Select": select, "SelectV2": select,

        // Reductions
        "Mean": reduction(.mean), "Sum": reduction(.sum), "Max": reduction(.max), "Min": reduction(.min),
        "Prod": reduction(.product), "All": reduction(.logicalAnd), "Any": reduction(.logicalOr),
        "EuclideanNorm": euclideanNorm, "ArgMax": extremum(.max), "ArgMin": extremum(.min), "TopK": topK,
        "TopKV2": topK, "Cumsum": cumulativeSum,

        // Shapes
        "Shape": shape, "Rank": rank, "Size": size, "Reshape": reshape, "Squeeze": squeeze, "ExpandDims": expandDims,
        "Transpose": transpose, "Pack": pack, "Unpack": unpack, "ConcatV2": concatenation(axisFirst: false),
        "Concat": concatenation(axisFirst: true), "Split": split, "SplitV": splitV, "Pad": pad, "PadV2": pad,
        "MirrorPad": mirrorPad, "StridedSlice": stridedSlice, "Slice": slice, "Fill": fill, "Tile": tile,
        "Gather": gather, "GatherV2": gather, "ZerosLike": zerosLike, "Flatten": flatten,
        "OnesLike": onesLike, "BroadcastTo": broadcastTo, "Range": range, "OneHot": oneHot, "GatherNd": gatherND,
        "ScatterNd": scatterND, "TensorScatterUpdate": tensorScatterUpdate, "ReverseV2": reverse,
        "ReverseSequence": reverseSequence, "Roll": roll, "InvertPermutation": invertPermutation,
        "SpaceToBatchND": spaceToBatch, "SpaceToBatch": spaceToBatch,
        "BatchToSpaceND": batchToSpace, "BatchToSpace": batchToSpace, "SpaceToDepth": spaceToDepth,
        "DepthToSpace": depthToSpace, "ResizeBilinear": resizeBilinear,
        "ResizeNearestNeighbor": resizeNearestNeighbor, "ResizeBicubic": resizeBicubic,

        // Detection, and what the transformations of the Object Detection API put in place of its loops
        "CropAndResize": cropAndResize, "VireoSSDDetection": ssdDetection, "VireoRegionDetection": regionDetection,
        "VireoProposal": proposal, "VireoPositionSensitivePooling": positionSensitivePooling,

        // Control flow
        "If": condition, "StatelessIf": condition, "While": whileLoop, "StatelessWhile": whileLoop,
        "TensorArrayV3": tensorArray, "TensorArrayReadV3": readArray(index: 1, array: 2),
        "TensorArrayWriteV3": writeArray(index: 1, element: 2, array: 3), "TensorArrayScatterV3": scatterArray,
        "TensorArrayGatherV3": gatherArray(indices: 1, array: 2), "TensorArrayConcatV3": joinArray(1),
        "TensorArraySizeV3": arraySize, "TensorListReserve": reserveList, "TensorListFromTensor": passThrough,
        "TensorListGetItem": readArray(index: 1, array: 0), "TensorListStack": wholeList,
        "TensorListSetItem": writeArray(index: 1, element: 2, array: 0),
        "TensorListGather": gatherArray(indices: 1, array: 0), "TensorListLength": listLength,
        "TensorListConcat": joinArray(0), "TensorListConcatV2": joinArray(0),

        // Recurrent networks
        "LSTMBlockCell": lstmBlockCell, "BlockLSTM": blockLSTM, "BlockLSTMV2": blockLSTM,
        "GRUBlockCell": gruBlockCell,

        // Quantization
        "FakeQuantWithMinMaxVars": fakeQuantize, "FakeQuantWithMinMaxVarsPerChannel": fakeQuantize,
        "FakeQuantWithMinMaxArgs": fakeQuantizeByAttributes, "Dequantize": dequantize,
    ]
}
