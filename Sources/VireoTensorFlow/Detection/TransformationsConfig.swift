import Foundation
import VireoTensor

/// A `--transformations_config` file: a list in JSON of the parts of a graph that become something else.
public struct TransformationsConfig: Sendable {
    let transformations: [Transformation]

    init(_ transformations: [Transformation]) { self.transformations = transformations }

    /// - Throws: `notFound` and `inputOutput` for a file that cannot be read, `malformedFile` that names the place
    ///   in a file
    public init(contentsOf path: String) throws(VireoError) {
        do throws(VireoError) {
            let file = try FileBytes(path: path)
            try self.init(json: [UInt8](file.bytes))
        } catch {
            throw error.adding(context: path)
        }
    }

    /// - Throws: `malformedFile` that names the place in what is no list of transformations.
    public init(json: [UInt8]) throws(VireoError) {
        do {
            transformations = try JSONDecoder().decode([Transformation].self, from: Data(json))
        } catch {
            throw VireoError(
                .malformedFile, "this is no list of transformations: \(TransformationsConfig.sentence(error))",
                remedy: "take the file that the Model Optimizer has for this kind of model, such as ssd_v2_support.json"
            )
        }
    }

    private static func sentence(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "number \($0)" } ?? "\"\($0.stringValue)\"" }.joined(separator: ", ")
        }
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            return "\"\(key.stringValue)\" is missing in \(place(context.codingPath))"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            let location = place(context.codingPath)
            return location.isEmpty ? "it is no list" : "\(location) has a value of another kind"
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "\(place(context.codingPath)): \(context.debugDescription)"
        default: return "it is no JSON"
        }
    }
}

/// One entry of a `--transformations_config` file.
struct Transformation: Decodable, Sendable {
    /// How the part of the graph is found.
    enum MatchKind: String, Decodable {
        /// All nodes whose names begin with one of `instances`.
        case scope
        /// What lies between the nodes of `instances`.
        case points
        /// The transformation looks for itself.
        case general
    }

    enum Instances: Decodable, Sendable {
        /// Regular expressions for the beginnings of names.
        case scopes([String])
        case points(start: [String], end: [String])

        private enum Key: String, CodingKey { case start = "start_points", end = "end_points" }

        init(from decoder: any Decoder) throws {
            if let container = try? decoder.container(keyedBy: Key.self) {
                self = .points(
                    start: try container.decode([String].self, forKey: .start),
                    end: try container.decode([String].self, forKey: .end))
            } else {
                self = .scopes(try decoder.singleValueContainer().decode([String].self))
            }
        }
    }

    /// A port of a node, whose name inside of its scope is a regular expression.
    struct Place: Decodable, Sendable {
        let node: String
        let port: Int
    }

    let id: String
    let matchKind: MatchKind
    let instances: Instances?
    let inputs: [[Place]]
    let outputs: [Place]
    let attributes: [String: JSONValue]

    private enum Key: String, CodingKey {
        case id, instances, inputs, outputs
        case matchKind = "match_kind"
        case attributes = "custom_attributes"
    }

    /// A transformation of the package's own.
    init(_ id: String, _ instances: Instances?, _ attributes: [String: JSONValue] = [:]) {
        self.id = id
        self.instances = instances
        self.attributes = attributes
        matchKind =
            switch instances {
            case .scopes: .scope
            case .points: .points
            case nil: .general
            }
        inputs = []
        outputs = []
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(String.self, forKey: .id)
        matchKind = try container.decodeIfPresent(MatchKind.self, forKey: .matchKind) ?? .general
        instances = try container.decodeIfPresent(Instances.self, forKey: .instances)
        inputs = try container.decodeIfPresent([[Place]].self, forKey: .inputs) ?? []
        outputs = try container.decodeIfPresent([Place].self, forKey: .outputs) ?? []
        attributes = try container.decodeIfPresent([String: JSONValue].self, forKey: .attributes) ?? [:]
    }
}

/// A value of JSON.
indirect enum JSONValue: Decodable, Sendable {
    case boolean(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// A scalar as a pipeline.config would write it.
    var text: String? {
        switch self {
        case .boolean(let value): value ? "true" : "false"
        case .number(let value): value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
        case .text(let value): value
        case .list, .object, .null: nil
        }
    }

    /// The scalars of a list, or the value itself.
    var texts: [String]? {
        guard case .list(let items) = self else { return text.map { [$0] } }
        let texts = items.compactMap(\.text)
        return texts.count == items.count ? texts : nil
    }
}
