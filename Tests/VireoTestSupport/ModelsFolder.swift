import Foundation

/// The shared folder of models, goldens and photographs that some tests need and the repository does not hold.
///
/// `VIREO_MODELS` names it; else it is `../shared/models` beside the package. Tests that need it are
/// `.enabled(if: ModelsFolder.isPresent)`, so that they are reported as skipped where it is absent.
public enum ModelsFolder {
    public static let path: String? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let beside = package.deletingLastPathComponent().appending(path: "shared/models").path
        let path = ProcessInfo.processInfo.environment["VIREO_MODELS"] ?? beside
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    public static var isPresent: Bool { path != nil }

    /// The path of a file inside the folder.
    /// - Throws: an error that says so when the folder is absent.
    public static func file(_ name: String) throws -> String {
        guard let path else { throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "VIREO_MODELS"]) }
        return path + "/" + name
    }
}
