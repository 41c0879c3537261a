import CDNNL
import OneDNNKernels
import VireoPluginKit
import VireoTensor

/// Convolutions by Winograd's minimal filtering along one axis or both: tiles of the image are transformed, multiplied
/// with the transformed filters point by point, and the sums transformed to outputs. Each point is a group of one
/// grouped convolution of oneDNN's, which also sums over the taps of an axis that is not transformed.
///
/// 1x7 and 7x1 take 2.3 times fewer products, 3x3 up to 4 times. In bf16, whose rounding errors the transformations
/// multiply, there is only F(2x2, 3x3): tiles and filters are rounded once more, and products summed in f32.
struct TransformedConvolution {
    /// What images hold and products multiply: f32 or bf16.
    private let type: DataType
    private let rows: Axis
    private let columns: Axis
    private let images: Int
    /// Channels.
    private let inputs: Int
    private let outputs: Int

    /// How the image is transformed along an axis.
    private struct Axis {
        /// Products of a tile, and outputs; 1 where nothing is transformed.
        var points = 1
        var outputs = 1
        let taps: Int
        let tiles: Int
        let source: Int
        let result: Int
        let pad: Int

        var isTransformed: Bool { points > 1 }
        /// Taps that the grouped convolution sums over.
        var remainingTaps: Int { isTransformed ? 1 : taps }

        init(_ axis: Int, of window: Window, from source: Int, to result: Int, transforms: Bool, _ type: DataType) {
            taps = window.kernel[axis]
            pad = window.padsBegin[axis]
            self.source = source
            self.result = result
            switch taps {
            case 3 where transforms: (points, outputs) = type == .bf16 ? (4, 2) : (6, 4)
            case 5 where transforms: (points, outputs) = (8, 4)
            case 7 where transforms: (points, outputs) = (9, 3)
            default: break
            }
            tiles = points > 1 ? (result + outputs - 1) / outputs : source
        }

        func described(ofResult: Bool, stride: Int) -> vireo_winograd_axis {
            vireo_winograd_axis(
                points: Int32(points), outputs: Int32(outputs),
                tiles: Int32(isTransformed || !ofResult ? tiles : result), extent: Int32(ofResult ? result : source),
                pad: isTransformed ? Int32(pad) : 0, stride: stride)
        }
    }

    /// Nil for windows that have no such algorithm, and where it has no use.
    private init?(_ window: Window, from source: [Int], to result: [Int], _ type: DataType) {
        guard window.kernel.count == 2, window.strides == [1, 1], window.dilations == [1, 1] else { return nil }
        // Of larger tensors not even the sizes can be multiplied.
        let elementCounts = [source, result].map { $0.reduce(1.0) { $0 * Double($1) } }
        guard elementCounts.allSatisfy({ $0 <= Double(Int32.max) }) else { return nil }
        let transforms: [Bool]
        switch (window.kernel[0], window.kernel[1]) {
        case (3, 3): transforms = [true, true]
        case _ where type == .bf16: return nil
        case (1, 3), (1, 5), (1, 7), (5, 5): transforms = [false, true]
        case (3, 1), (5, 1), (7, 1): transforms = [true, false]
        default: return nil
        }
        let axes = (0..<2).map {
            Axis($0, of: window, from: source[$0 + 2], to: result[$0 + 2], transforms: transforms[$0], type)
        }
        self.type = type
        (rows, columns) = (axes[0], axes[1])
        (images, inputs, outputs) = (source[0], source[1], result[1])
        guard inputs % 16 == 0, outputs % 16 == 0, inputs >= 32, outputs >= 32 else { return nil }
        // Filters of 3x3 grow. With fewer tiles than this they are read for too little work each.
        let fewest = transforms == [true, true] ? (type == .bf16 ? 24 : 16) : 4
        guard tileCount >= fewest else { return nil }
        let positions = Double(images * result[2] * result[3])
        let direct = positions * Double(rows.taps * columns.taps)
        let products = Double(points * tileCount * rows.remainingTaps * columns.remainingTaps)
        guard direct >= 1.4 * products, direct * Double(inputs * outputs) >= 4e6 else { return nil }
    }

    /// As many rows of tiles as leave what lies between the steps in the caches. The filters are read anew each time,
    /// so that it is to be more than they are.
    private var rowsAtOnce: Int {
        let all = images * rows.tiles
        if rows.remainingTaps > 1 { return all }
        let size = type == .bf16 ? 2 : 4
        let rowByteCount = points * columns.tiles * (inputs * size + outputs * MemoryLayout<Float>.stride)
        let byteLimit = max(1 << 20, 2 * points * inputs * outputs * size)
        let turns = (all * rowByteCount + byteLimit - 1) / byteLimit
        return max(1, (all + turns - 1) / turns)
    }

    private var points: Int { rows.points * columns.points }
    private var tileCount: Int { images * rows.tiles * columns.tiles }

    /// Adds the convolution's steps.
    /// - Returns: false where the convolution is better computed otherwise.
    static func lower(
        _ node: NodeView, _ tail: Tail, _ window: Window, into plan: PlanBuilder
    ) throws -> Bool {
        let source = try plan.graph.operand(0, of: node)
        let result = try plan.graph.result(of: node)
        guard plan.options.allowsWinograd, node.opType == "Convolution",
            plan.graph.input(1, of: node).constant != nil, tail.residual == nil, let range = tail.range,
            let algorithm = TransformedConvolution(window, from: source, to: result, plan.options.floatingType),
            let kernel = try? algorithm.kernel(rowCount: algorithm.rowsAtOnce, window, plan),
            kernel.implementation.hasPrefix("brg"),
            algorithm.type == .bf16 || vireo_filter_layout(kernel.weights) != nil
        else { return false }
        try algorithm.emit(node, tail, range, window, into: plan)
        return true
    }

    /// The grouped convolution of `rowCount` rows of tiles, or of all of them where it sums over rows.
    private func kernel(rowCount: Int, _ window: Window, _ plan: PlanBuilder) throws -> PrimitiveDescriptor {
        var window = window
        for (index, axis) in [rows, columns].enumerated() where axis.isTransformed {
            window.kernel[index] = 1
            (window.padsBegin[index], window.padsEnd[index]) = (0, 0)
        }
        let isWhole = rows.remainingTaps > 1
        let (images, height) = isWhole ? (images, rows.tiles) : (1, rowCount)
        let results = [isWhole ? rows.result : rowCount, columns.isTransformed ? columns.tiles : columns.result]
        return try PrimitiveDescriptor(
            Operation.convolution(
                dnnl_convolution_direct,
                source: .init(channelsLast: [images, points * inputs, height, columns.tiles], type),
                weights: .init(anyLayout: [points, outputs, inputs] + window.kernel, type), bias: nil,
                destination: .init(channelsLast: [images, points * outputs] + results, .f32), window: window),
            on: plan.engine)
    }

    private func emit(
        _ node: NodeView, _ tail: Tail, _ range: ClosedRange<Float>, _ window: Window, into plan: PlanBuilder
    ) throws {
        let image = try plan.floating(
            node.inputs[0], as: .init(channelsLast: plan.graph.operand(0, of: node), type))
        let resultType = plan.resultType(of: tail.output)
        let result = plan.makeBuffer(try .init(channelsLast: plan.graph.result(of: node), resultType))
        let bias = try tail.bias.map { try plan.constant($0, MemoryDescriptor(rowMajor: [$0.count])) }
        var filters: Place?
        for first in stride(from: 0, to: images * rows.tiles, by: rowsAtOnce) {
            let count = min(rowsAtOnce, images * rows.tiles - first)
            let kernel = try kernel(rowCount: count, window, plan)
            let transformed = plan.makeBuffer(kernel.source)
            let sums = plan.makeBuffer(kernel.destination)
            let packed: Place
            if let filters {
                packed = try plan.inLayout(filters, kernel.weights)
            } else {
                packed = try self.filters(node, kernel, plan)
                filters = packed
            }
            plan.emit(
                ImageTransform(
                    tiles: tiles(channels: inputs, first..<first + count, type), points: (rows.points, columns.points),
                    type: type),
                [image, transformed])
            try plan.emit(
                kernel, [(DNNL_ARG_SRC, transformed), (DNNL_ARG_WEIGHTS, packed), (DNNL_ARG_DST, sums)])
            plan.emit(
                SumsTransform(
                    tiles: tiles(channels: outputs, first..<first + count, resultType, ofResult: true),
                    points: (rows.points, columns.points), type: resultType, range: range, hasBias: bias != nil),
                [sums, result] + [bias].compactMap { $0 })
        }
        plan.absorb(tail.nodes)
        plan.define(tail.output, at: result)
    }

    /// Rows of tiles that are computed at a time.
    /// - Parameter ofResult: whether the images are the results, whose extents may be others.
    private func tiles(
        channels: Int, _ lines: Range<Int>, _ type: DataType, ofResult: Bool = false
    ) -> vireo_winograd_tiles {
        let (height, width) = ofResult ? (rows.result, columns.result) : (rows.source, columns.source)
        return vireo_winograd_tiles(
            rows: rows.described(ofResult: ofResult, stride: width * channels),
            columns: columns.described(ofResult: ofResult, stride: channels),
            element: type.element, channels: Int32(channels), image_stride: height * width * channels,
            first_row: Int32(lines.lowerBound), row_count: Int32(lines.count))
    }

    /// The transformed filters, in the kernel's layout.
    private func filters(_ node: NodeView, _ kernel: PrimitiveDescriptor, _ plan: PlanBuilder) throws -> Place {
        let given = try plan.place(of: node.inputs[1])
        let elements = try plan.elements(ofConstant: given)
        let extents = [points, outputs, inputs, rows.remainingTaps, columns.remainingTaps]
        if let layout = vireo_filter_layout(kernel.weights) {
            return plan.constant(
                of: try MemoryDescriptor(rowMajor: extents), to: kernel.weights, origin: node.inputs[1]
            ) {
                pack(elements, layout, into: $0)
            }
        }
        // The filters of a point next to each other; they are rounded there.
        let (size, rounding) = (inputs * outputs, DiffusedRounding(adjacentChannels: outputs, weights: inputs))
        let layout = vireo_filter_layout(
            point: size, output_block: 0, input: outputs, row: 0, column: 0, block: Int32(outputs))
        let made = try MemoryDescriptor(extents, strides: [size, 1, outputs, 1, 1])
        return plan.constant(computedAs: made, to: kernel.weights, origin: node.inputs[1]) { result in
            pack(elements, layout, into: result)
            for point in 0..<points { rounding.round(result + point * size) }
        }
    }

    private func pack(
        _ filters: UnsafePointer<Float>, _ layout: vireo_filter_layout, into result: UnsafeMutablePointer<Float>
    ) {
        withUnsafePointer(to: layout) {
            vireo_winograd_pack_filters(
                filters, Int32(outputs), Int32(inputs), Int32(rows.points), Int32(rows.taps), Int32(columns.points),
                Int32(columns.taps), $0, result)
        }
    }

    private struct ImageTransform: NativeKernel {
        let tiles: vireo_winograd_tiles
        let points: (Int, Int)
        let type: DataType

        var name: String { "winograd_\(points.0)x\(points.1):image_\(type)" }

        func run(_ operand: (Int) -> UnsafeMutablePointer<Float>) {
            withUnsafePointer(to: tiles) { vireo_winograd_transform_image(operand(0), $0, operand(1)) }
        }
    }

    private struct SumsTransform: NativeKernel {
        let tiles: vireo_winograd_tiles
        let points: (Int, Int)
        /// What the results are; sums are f32.
        let type: DataType
        let range: ClosedRange<Float>
        let hasBias: Bool

        var name: String { "winograd_\(points.0)x\(points.1):sums_f32\(type == .f32 ? "" : "_\(type)")" }

        func run(_ operand: (Int) -> UnsafeMutablePointer<Float>) {
            withUnsafePointer(to: tiles) {
                vireo_winograd_transform_sums(
                    operand(0), $0, hasBias ? operand(2) : nil, range.lowerBound, range.upperBound, operand(1))
            }
        }

        func writing(_ operand: Int, as layout: MemoryDescriptor) -> (any NativeKernel)? {
            guard operand == 1, let strides = layout.plainStrides, strides[1] == 1 else { return nil }
            var tiles = tiles
            (tiles.image_stride, tiles.rows.stride, tiles.columns.stride) = (strides[0], strides[2], strides[3])
            return SumsTransform(tiles: tiles, points: points, type: type, range: range, hasBias: hasBias)
        }
    }
}
