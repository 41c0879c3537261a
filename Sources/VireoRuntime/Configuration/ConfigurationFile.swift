import Foundation
import VireoTensor

extension Configuration {
    /// Reads a JSON file of properties: `{"NUM_STREAMS": 2, "PERF_COUNT": true}`.
    ///
    /// Values are texts, numbers and booleans. Properties of one device may stand in an object under the device's name,
    /// `{"CPU": {"NUM_STREAMS": 2}}`.
    /// - Parameter device: whose object is read; its properties win over those outside objects.
    /// - Throws: `notFound` and `inputOutput` for files that cannot be read, `malformedFile` for another content.
    public init(jsonFile path: String, device: String? = nil) throws {
        let file = try RegularFile(path: path)
        let bytes = Data(try file.bytes(at: 0, count: file.size))
        let content: [String: Entry]
        do {
            content = try JSONDecoder().decode([String: Entry].self, from: bytes)
        } catch {
            throw VireoError(
                .malformedFile, "the file is no JSON object of texts, numbers and booleans", in: ["reading \(path)"],
                remedy: "write properties as in {\"NUM_STREAMS\": 2}")
        }
        var values: [String: String] = [:]
        for case (let name, .text(let text)) in content { values[name] = text }
        if let device, case .device(let own)? = content[device] { values.merge(own) { $1 } }
        self.init(values)
    }

    private enum Entry: Decodable {
        case text(String)
        case device([String: String])

        private struct Value: Decodable {
            let text: String

            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                if let isOn = try? value.decode(Bool.self) {
                    text = isOn.propertyText
                } else if let number = try? value.decode(Int.self) {
                    text = String(number)
                } else if let number = try? value.decode(Double.self) {
                    text = String(number)
                } else {
                    text = try value.decode(String.self)
                }
            }
        }

        init(from decoder: any Decoder) throws {
            if let properties = try? [String: Value](from: decoder) {
                self = .device(properties.mapValues(\.text))
            } else {
                self = .text(try Value(from: decoder).text)
            }
        }
    }
}
