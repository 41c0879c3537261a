import Foundation
import Vireo

/// What `vireo classify` found, in the forms in which it prints it.
struct ClassifyReport {
    struct ImageResult {
        let path: String
        let classification: Classification
    }

    /// In the order of the files.
    let results: [ImageResult]
    let failures: [ImagePipeline.Failure]
    let names: Labels?
    let top: Int

    /// The tables of the published classification sample.
    func printTables() {
        let classCount = results.first?.classification.classCount ?? 0
        if top > classCount, classCount > 0 {
            Console.warning("-nt \(top) is more than the \(classCount) classes of the network, which are all printed")
        }
        if results.contains(where: \.classification.appliedSoftmax) {
            Console.print("The output is no probability distribution: a softmax was applied to it.")
        }
        Console.print()
        Console.print("Top \(min(top, classCount)) results:")
        for result in results {
            Console.print()
            Console.print("Image \(result.path)")
            Console.print()
            Console.print("classid probability" + (names == nil ? "" : " label"))
            Console.print("------- -----------" + (names == nil ? "" : " -----"))
            for entry in result.classification.entries {
                let label = names.map { " " + ($0[entry.classID] ?? "") } ?? ""
                Console.print(
                    String(entry.classID).padded(to: 7) + " "
                        + Double(entry.probability).text(decimals: 7).padded(to: names == nil ? 0 : 11) + label)
            }
        }
        Console.print()
    }

    /// One line for each class of each image (RFC 4180, with LF).
    func printCSV() {
        Console.print("path,rank,classid,probability,label")
        for result in results {
            for (rank, entry) in result.classification.entries.enumerated() {
                let fields = [
                    result.path, "\(rank + 1)", "\(entry.classID)", "\(entry.probability)",
                    names?[entry.classID] ?? "",
                ]
                Console.print(fields.map(\.csv).joined(separator: ","))
            }
        }
    }

    struct Document: Encodable {
        struct Image: Encodable {
            let path: String
            let appliedSoftmax: Bool
            let results: [Entry]
        }

        struct Entry: Encodable {
            let classID: Int
            let probability: Float
            let label: String?
        }

        struct Failure: Encodable {
            let path: String
            let error: String
        }

        struct Timing: Encodable {
            let workers: Int
            let milliseconds: Double
            /// Images a second, decoding included.
            let throughput: Double
            /// Of all workers together.
            let preparationMilliseconds: Double
            let inferenceMilliseconds: Double
        }

        let model: String
        let devices: [String]
        let input: String
        let images: [Image]
        let failures: [Failure]
        let timing: Timing
    }

    func document(
        _ model: String, _ compiled: CompiledModel, _ input: ImageInput, _ run: ImagePipeline.Report, workers: Int
    ) -> Document {
        Document(
            model: model, devices: compiled.devices.map(\.name), input: input.description,
            images: results.map { result in
                Document.Image(
                    path: result.path, appliedSoftmax: result.classification.appliedSoftmax,
                    results: result.classification.entries.map {
                        Document.Entry(classID: $0.classID, probability: $0.probability, label: names?[$0.classID])
                    })
            },
            failures: failures.map { Document.Failure(path: $0.path, error: $0.error.description) },
            timing: Document.Timing(
                workers: workers, milliseconds: run.duration, throughput: run.throughput,
                preparationMilliseconds: run.preparationTime, inferenceMilliseconds: run.inferenceTime))
    }
}

extension ImagePipeline.Report {
    /// Images a second, decoding included.
    var throughput: Double { duration > 0 ? Double(imageCount) * 1000 / duration : 0 }
}

extension String {
    fileprivate var csv: String {
        guard contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return self }
        return "\"" + replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
