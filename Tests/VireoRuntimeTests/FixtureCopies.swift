import Foundation
import Testing
import VireoTestSupport

extension TemporaryFolder {
    /// A copy of a fixture: for the dynamic linker it is a library of its own.
    func copy(_ fixture: Fixture, as name: String) throws -> String { try copy(fixture.path, as: name) }

    func copy(_ source: String, as name: String) throws -> String {
        try FileManager.default.copyItem(atPath: source, toPath: path(name))
        return path(name)
    }

    /// A copy that calls itself otherwise and does not know some operations: their names are overwritten in the file.
    /// - Parameter name: seven bytes, as long as "EXAMPLE".
    func variant(
        of fixture: Fixture, named name: String, without operations: [String] = [], as file: String
    ) throws -> String {
        var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture.path)))
        try bytes.overwrite("EXAMPLE", with: name)
        for operation in operations {
            try bytes.overwrite(operation, with: String(repeating: "-", count: operation.utf8.count))
        }
        return try self.file(file, bytes)
    }
}

extension [UInt8] {
    /// Replaces the C string `text` wherever it stands alone.
    fileprivate mutating func overwrite(_ text: String, with other: String) throws {
        let old = [0] + Array(text.utf8) + [0]
        let new = [0] + Array(other.utf8) + [0]
        try #require(old.count == new.count)
        let places = indices.dropLast(old.count - 1).filter {
            self[$0] == 0 && self[$0..<$0 + old.count].elementsEqual(old)
        }
        try #require(!places.isEmpty)
        for place in places { replaceSubrange(place..<place + old.count, with: new) }
    }
}
