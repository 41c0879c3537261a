import Foundation
import Testing
import VireoPluginKit
import VireoTensor

struct MeasuredChoicesTests {
    private let folder = CacheFolder(
        path: FileManager.default.temporaryDirectory.path + "/vireo-choices-\(UUID().uuidString)")

    private func store(_ choices: MeasuredChoices) throws {
        try choices.store(
            in: folder, file: "choices-a", fields: [("kind", "choices"), ("device", "A"), ("label", "a")],
            byteLimit: 1 << 20)
    }

    @Test("What one process measured is known to the next, beside what others measured meanwhile")
    func sharing() throws {
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let (first, second) = (MeasuredChoices(), MeasuredChoices())
        first["x"] = "fast"
        second["y"] = "slow = odd"
        try store(first)
        try store(second)
        let third = MeasuredChoices()
        third["x"] = "own"
        try third.load(from: folder, file: "choices-a")
        #expect(third["x"] == "own")
        #expect(third["y"] == "slow = odd")
        #expect(third["z"] == nil)
    }

    @Test("A file is written for news only, and read once")
    func economy() throws {
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let choices = MeasuredChoices()
        try choices.load(from: folder, file: "choices-a")
        try store(choices)
        #expect(folder.entries.isEmpty)
        choices["x"] = "fast"
        try store(choices)
        #expect(folder.entries.count == 1)
        let other = MeasuredChoices()
        other["y"] = "slow"
        try store(other)
        try choices.load(from: folder, file: "choices-a")
        #expect(choices["y"] == nil)
    }
}
