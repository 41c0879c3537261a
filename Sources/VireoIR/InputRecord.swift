import VireoTensor

/// How an input of a model wants to be fed, as the converter recorded it in the IR.
///
/// Mean and scale are inside the model: the record tells people and tools, and the channel order is what an image
/// reader must know.
public struct InputRecord: Equatable, Sendable {
    public enum ChannelOrder: String, Sendable, CaseIterable {
        case rgb = "RGB"
        case bgr = "BGR"
    }

    public let input: String
    public let channelOrder: ChannelOrder
    /// What the model subtracts and divides by, in its own channel order; empty where it does neither.
    public let mean: [Double]
    public let scale: [Double]

    public init(input: String, channelOrder: ChannelOrder, mean: [Double], scale: [Double]) {
        self.input = input
        self.channelOrder = channelOrder
        self.mean = mean
        self.scale = scale
    }
}

extension RuntimeInfo {
    private static let recordName = "vireo_inputs"

    /// The `rt_info` of the model that holds the records.
    public init(_ records: [InputRecord]) {
        func text(_ values: [Double]) -> String { VireoIR.Attribute.Value.numbers(values).text }
        self.init(
            RuntimeInfo.recordName,
            children: records.map { record in
                RuntimeInfo(
                    "input",
                    attributes: [
                        .init("name", record.input), .init("channel_order", record.channelOrder.rawValue),
                        .init("mean", text(record.mean)), .init("scale", text(record.scale)),
                    ])
            })
    }

    fileprivate var records: [InputRecord]? {
        guard name == RuntimeInfo.recordName else { return nil }
        return children.compactMap { child in
            guard let input = child["name"], let order = child["channel_order"].flatMap(InputRecord.ChannelOrder.init)
            else { return nil }
            func numbers(_ key: String) -> [Double] {
                (child[key] ?? "").split(separator: ",").compactMap { Double($0.filter { !$0.isWhitespace }) }
            }
            return InputRecord(input: input, channelOrder: order, mean: numbers("mean"), scale: numbers("scale"))
        }
    }
}

extension Model {
    /// What the converter recorded about the inputs; empty for models by others.
    public var inputRecords: [InputRecord] { runtimeInfo.lazy.compactMap(\.records).first ?? [] }
}

extension Layout {
    /// The layout as an `rt_info` attribute of a Parameter.
    public var runtimeInfo: RuntimeInfo {
        let axes = self.axes.map(String.init).joined(separator: ",")
        return RuntimeInfo(
            "attribute",
            attributes: [.init("name", "layout"), .init("version", "0"), .init("layout", "[\(axes)]")])
    }
}

extension Node {
    /// The layout recorded for a Parameter or Result.
    public var layout: Layout? {
        guard let text = runtimeInfo.first(where: { $0.name == "attribute" && $0["name"] == "layout" })?["layout"]
        else {
            return nil
        }
        return try? Layout(text.filter { !"[], ".contains($0) })
    }
}
