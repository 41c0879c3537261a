import VireoPluginKit
import VireoTensor

/// The measured choices of this process, and their file in the cache folder: one for each oneDNN and processor.
extension MeasuredChoices {
    static let shared = MeasuredChoices()

    /// Reads what earlier processes measured, once for each folder.
    func load(from location: PlanCache.Location, _ host: Host) {
        do {
            try load(from: location.folder, file: location.choicesFile)
        } catch {
            host.log(.warning, "the measured times in the cache are not used: \(error)")
        }
    }

    /// Stores what was measured since the last time.
    func store(in location: PlanCache.Location, _ host: Host) {
        do {
            try store(
                in: location.folder, file: location.choicesFile,
                fields: location.fields(kind: "choices", label: location.processor), byteLimit: location.byteLimit)
        } catch {
            host.log(.warning, "the measured times were not stored in the cache: \(error)")
        }
    }
}

extension PlanCache.Location {
    fileprivate var choicesFile: String {
        "onednn-choices-\(Fingerprint(of: [Fingerprint(of: library), Fingerprint(of: processor)]))"
    }
}
