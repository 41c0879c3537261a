import ArgumentParser
import Foundation
import Vireo

/// What `classify` and `detect` share: photographs, and what is done to them in front of the model.
struct PhotographFlags: ParsableArguments {
    @Option(name: .shortAndLong, parsing: .upToNextOption, help: "Photographs, and folders of them.")
    var input: [String]

    @Option(name: .customLong("channel_order"), help: "RGB or BGR: the order that the model takes.")
    var channelOrder: String?

    @Option(name: .customLong("mean_values"), help: "Subtracted before the model: [127.5,127.5,127.5].")
    var meanValues: String?

    @Option(help: "The values are divided by it before the model.")
    var scale: Float?

    /// What the flags say in place of the model's record; nil when they say nothing.
    /// - Throws: `invalidArgument` for values that cannot be read.
    func preprocessing(of model: Model) throws -> Preprocessing? {
        guard channelOrder != nil || meanValues != nil || scale != nil else { return nil }
        let recorded = model.inputRecords.first?.channelOrder.rawValue
        guard let order = ChannelOrder(rawValue: (channelOrder ?? recorded ?? "RGB").uppercased()) else {
            throw VireoError(.invalidArgument, "--channel_order \(channelOrder ?? "")", remedy: "give RGB or BGR")
        }
        var mean: [Float] = [0]
        if let meanValues {
            let parsed = try ConversionOptions.channelValues(parsing: meanValues, flag: "--mean_values")
            guard case .positional(let lists) = parsed, lists.count == 1 else {
                throw VireoError(.invalidArgument, "--mean_values \(meanValues)", remedy: "give one list: [1,2,3]")
            }
            mean = lists[0].map { Float($0) }
        }
        return try Preprocessing(channelOrder: order, mean: mean, scale: [scale ?? 1])
    }
}

extension Labels {
    /// The labels of a file, or of the model's name with `.labels` when that is there.
    /// - Throws: what reading throws, for a file that was named.
    init?(named path: String?, for model: String) throws {
        if let path {
            try self.init(contentsOf: path)
            return
        }
        let base = model.lastIndex(of: ".").map { String(model[..<$0]) } ?? model
        guard let found = try? Labels(contentsOf: base + ".labels") else { return nil }
        self = found
    }
}

/// How photographs are shared among processors.
enum BulkWork {
    /// One request with all threads for a few images; for many, one image a processor.
    static func workerCount(files: Int, batch: Int, jobs: Int?) -> Int {
        if let jobs { return jobs }
        let processors = ProcessInfo.processInfo.activeProcessorCount
        return (files + batch - 1) / max(batch, 1) < 2 * processors ? 1 : processors
    }

    /// Workers share the processors; devices that do not know threads are left alone.
    static func properties(_ core: Core, _ device: String, workers: Int) throws -> [String: String] {
        guard workers > 1 else { return [:] }
        let known = Set(try core.settableProperties(for: device))
        var properties: [String: String] = [:]
        if known.contains("PERFORMANCE_HINT") { properties["PERFORMANCE_HINT"] = "THROUGHPUT" }
        if known.contains("NUM_STREAMS") { properties["NUM_STREAMS"] = String(workers) }
        return properties
    }
}
