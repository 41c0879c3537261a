import VireoTensor

/// What TensorFlow 2 writes beside the variables of Python objects: which key each has.
enum ObjectGraph {
    static let key = "_CHECKPOINTABLE_OBJECT_GRAPH"

    /// The keys by the variables' own names. A name that several variables have is left out.
    static func keys(_ entry: BundleEntry?, _ shards: ShardFiles) throws(VireoError) -> [String: String] {
        guard let entry, entry.dataType == .string, entry.shape.elementCount == 1 else { return [:] }
        let data = try shards.bytes(of: entry).0
        // The string's length, a checksum of the length, the string.
        var position = 0
        guard let count = data.bytes.varint(at: &position).flatMap({ Int(exactly: $0) }), position <= data.count - 4,
            let graph = data.slice(at: position + 4, count: count)
        else { throw VireoError(.malformedFile, "the checkpoint's list of objects is damaged") }
        var keys: [String: String?] = [:]
        var reader = WireReader(graph)
        while let (field, object) = try reader.next() {
            guard field == 1 else { continue }
            var members = try object.message()
            while let (field, attribute) = try members.next() {
                guard field == 2 else { continue }
                let (name, key) = try variable(attribute.message())
                guard !name.isEmpty, !key.isEmpty else { continue }
                if let other = keys[name], other != key {
                    keys[name] = .some(nil)
                } else {
                    keys[name] = key
                }
            }
        }
        return keys.compactMapValues { $0 }
    }

    /// A SerializedTensor: `full_name` and `checkpoint_key`.
    private static func variable(_ message: WireReader) throws(VireoError) -> (name: String, key: String) {
        var message = message
        var (name, key) = ("", "")
        while let (field, value) = try message.next() {
            if field == 2 { name = try value.text() }
            if field == 3 { key = try value.text() }
        }
        return (name, key)
    }
}
