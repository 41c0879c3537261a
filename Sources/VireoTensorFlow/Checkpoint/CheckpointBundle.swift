import Synchronization
import VireoTensor

/// A V2 checkpoint: `prefix.index` is a table of where each tensor lies in `prefix.data-NNNNN-of-MMMMM`.
struct CheckpointBundle {
    let variables: [String: CheckpointVariable]
    let keysOfObjects: [String: String]

    init(prefix: String) throws(VireoError) {
        let table = try SortedTable(FileBytes(path: prefix + ".index"))
        guard let header = table.entries.first, header.key.isEmpty else {
            throw VireoError(.malformedFile, "the checkpoint's table has no header")
        }
        let shards = ShardFiles(prefix: prefix, count: try CheckpointBundle.shardCount(header.value))
        var entries: [[UInt8]: BundleEntry] = [:]
        for entry in table.entries.dropFirst() { entries[entry.key] = try BundleEntry(WireReader(entry.value)) }
        var variables: [String: CheckpointVariable] = [:]
        for (key, entry) in entries {
            // Parts of variables begin with a zero byte.
            guard key.first != 0, let name = String(validating: key, as: UTF8.self) else { continue }
            do throws(VireoError) {
                variables[name] = try CheckpointBundle.variable(name, entry, entries, shards)
            } catch {
                throw error.adding(context: "variable \"\(name)\"")
            }
        }
        self.variables = variables
        keysOfObjects = try ObjectGraph.keys(entries[Array(ObjectGraph.key.utf8)], shards)
    }

    private static func shardCount(_ header: FileSlice) throws(VireoError) -> Int {
        var count = 1
        var reader = WireReader(header)
        while let (field, value) = try reader.next() {
            if field == 1 { count = try value.integer() }
            if field == 2, try value.integer() != 0 {
                throw VireoError(.unsupported, "a checkpoint that was written on a big-endian machine")
            }
        }
        guard 1...99_999 ~= count else { throw VireoError(.malformedFile, "a checkpoint in \(count) data files") }
        return count
    }

    private static func variable(
        _ name: String, _ entry: BundleEntry, _ entries: [[UInt8]: BundleEntry], _ shards: ShardFiles
    ) throws(VireoError) -> CheckpointVariable {
        guard !entry.slices.isEmpty else {
            return CheckpointVariable(entry.dataType, entry.shape) { () throws(VireoError) in
                try shards.tensor(entry)
            }
        }
        var parts: [CheckpointVariable.Part] = []
        for slice in entry.slices {
            let ranges = try slice.ranges(in: entry.shape)
            guard let part = entries[slice.key(of: name)], part.dataType == entry.dataType,
                part.shape.dimensions == ranges.map(\.count)
            else { throw VireoError(.malformedFile, "a part of the variable is missing in the checkpoint's table") }
            parts.append(
                CheckpointVariable.Part(ranges: ranges) { () throws(VireoError) in
                    try shards.tensor(part)
                })
        }
        return try CheckpointVariable(entry.dataType, entry.shape, parts: parts)
    }
}

/// Where a tensor lies: a BundleEntryProto.
struct BundleEntry {
    private(set) var dataType = DataType.invalid
    private(set) var shape = Shape.scalar
    private(set) var shard = 0
    private(set) var offset = 0
    private(set) var size = 0
    private(set) var checksum: UInt32?
    private(set) var slices: [TensorSlice] = []

    init(_ message: WireReader) throws(VireoError) {
        var message = message
        while let (field, value) = try message.next() {
            switch field {
            case 1: dataType = DataType(rawValue: Int32(truncatingIfNeeded: try value.integer()))
            case 2: shape = try Shape(value.message())
            case 3: shard = try value.integer()
            case 4: offset = try value.integer()
            case 5: size = try value.integer()
            case 6: if case .fixed32(let bits) = value { checksum = bits }
            case 7: slices.append(try TensorSlice(value.message()))
            default: continue
            }
        }
    }
}

extension Shape {
    /// A TensorShapeProto, of which every dimension must be known.
    init(_ message: WireReader) throws(VireoError) {
        var message = message
        var extents: [Int] = []
        while let (field, value) = try message.next() {
            guard field == 2 else { continue }
            var dimension = try value.message()
            var extent = 0
            while let (field, value) = try dimension.next() {
                if field == 1 { extent = try value.integer() }
            }
            extents.append(extent)
        }
        do {
            try self.init(validating: extents)
        } catch {
            throw VireoError(.malformedFile, error.message)
        }
    }
}

/// The data files of a checkpoint, opened when the first tensor in them is read.
final class ShardFiles: Sendable {
    private let prefix: String
    private let count: Int
    private let files = Mutex<[Int: FileBytes]>([:])

    init(prefix: String, count: Int) {
        self.prefix = prefix
        self.count = count
    }

    /// The tensor of an entry, whose checksum is verified.
    func tensor(_ entry: BundleEntry) throws(VireoError) -> Tensor {
        let (data, path) = try bytes(of: entry)
        if let checksum = entry.checksum, checksum != Checksum.masked(data.bytes) {
            throw VireoError(
                .malformedFile, "the checksum of the data is wrong: the file is damaged", in: [path],
                remedy: "copy the checkpoint again")
        }
        return try data.tensor(entry.dataType, entry.shape)
    }

    func bytes(of entry: BundleEntry) throws(VireoError) -> (FileSlice, path: String) {
        guard 0..<count ~= entry.shard else {
            throw VireoError(.malformedFile, "data file number \(entry.shard) of \(count)")
        }
        let path = prefix + ".data-" + CheckpointPlace.digits(entry.shard) + "-of-" + CheckpointPlace.digits(count)
        guard let data = FileSlice(try file(entry.shard, path)).slice(at: entry.offset, count: entry.size) else {
            throw VireoError(
                .malformedFile, "the data file is too short", in: [path], remedy: "copy the checkpoint again")
        }
        return (data, path)
    }

    private func file(_ shard: Int, _ path: String) throws(VireoError) -> FileBytes {
        if let open = files.withLock({ $0[shard] }) { return open }
        do throws(VireoError) {
            let file = try FileBytes(path: path)
            return files.withLock { files in
                let kept = files[shard] ?? file
                files[shard] = kept
                return kept
            }
        } catch {
            throw error.adding(context: path)
        }
    }
}
