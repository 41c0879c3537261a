import Foundation

/// Cases whose expected values are not what the model says, by path, with the reasons.
struct KnownDifferences {
    private var reasons: [String: String] = [:]

    init() {}

    init(file: String) throws {
        reasons = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: URL(filePath: file)))
    }

    /// A failure that is known counts as a difference with its reason, and a case that passes all the same as a
    /// failure: then it is to be taken off the list.
    func judged(_ result: CaseResult) -> CaseResult {
        guard let reason = reasons[result.path] else { return result }
        switch result.outcome {
        case .failed:
            return CaseResult(path: result.path, device: result.device, outcome: .differs, detail: reason)
        case .passed:
            return CaseResult(
                path: result.path, device: result.device, outcome: .failed,
                detail: "passes, and is listed as: \(reason)")
        default: return result
        }
    }
}
