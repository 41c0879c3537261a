import Vireo

extension Bench {
    /// What `vireo bench --json` prints. Times are in milliseconds.
    struct Report: Encodable {
        struct Preparation: Encodable {
            let readModel: Double
            let compileModel: Double
            let firstInference: Double
        }

        struct Latency: Encodable {
            let median: Double
            let average: Double
            let min: Double
            let max: Double
            let percentile: Double
            let percentileValue: Double
        }

        struct Layer: Encodable {
            let name: String
            let type: String
            let execType: String
            let microseconds: Int
        }

        let model: String
        let devices: [String]
        let properties: [String: String]
        let hint: Hint
        let requests: Int
        let batch: Int
        let preparation: Preparation
        let count: Int
        let duration: Double
        /// Of all threads together, for one inference.
        let processorTime: Double
        let latency: Latency
        /// Samples a second.
        let throughput: Double
        /// Of the last inference of the first request; empty without -pc.
        let layers: [Layer]

        init(
            _ bench: Bench, _ compiled: CompiledModel, _ batch: Int, _ properties: [String: String],
            _ timings: Benchmark.Timings, _ preparation: Preparation, layers: [ProfileRow]
        ) {
            model = bench.execution.model
            devices = compiled.devices.map(\.name)
            self.properties = properties
            hint = bench.hint
            requests = bench.wantedRequestCount
            self.batch = batch
            self.preparation = preparation
            count = timings.latencies.count
            duration = timings.duration
            processorTime = timings.processorTime
            latency = Latency(
                median: timings.median, average: timings.average, min: timings.minimum, max: timings.maximum,
                percentile: bench.percentile, percentileValue: timings.percentile(bench.percentile))
            throughput = timings.throughput(batch: batch)
            self.layers = layers.map {
                Layer(name: $0.nodeName, type: $0.opType, execType: $0.execType, microseconds: $0.realMicroseconds)
            }
        }
    }
}
