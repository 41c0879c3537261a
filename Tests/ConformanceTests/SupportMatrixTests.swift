import Foundation
import Testing
import VireoRuntime
import VireoTestSupport

/// The committed table of what backends take is what they say. `VIREO_UPDATE_MATRIX=1` writes it anew.
struct SupportMatrixTests {
    private static let document = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/operations/support.md")

    @Test("docs/operations/support.md says what the backends take")
    func isUpToDate() throws {
        let core = try Core()
        let present = SupportMatrix.backends.filter { backend in
            core.devices.contains { device in
                // On a GPU the types are others.
                (device.name == backend || device.name.hasPrefix("\(backend).")) && device.kind == .cpu
            }
        }
        let committed = (try? String(contentsOf: SupportMatrixTests.document, encoding: .utf8)) ?? ""
        let older = SupportMatrix.cells(of: committed)
        let matrix = try SupportMatrix(core, backends: present)
        if ProcessInfo.processInfo.environment["VIREO_UPDATE_MATRIX"] == "1" {
            let text = matrix.markdown(completedBy: older)
            try text.write(to: SupportMatrixTests.document, atomically: true, encoding: .utf8)
            return
        }
        #expect(Set(older.keys) == Set(matrix.cells.keys), "operations have come or gone")
        for (operation, row) in matrix.cells.sorted(by: { $0.key < $1.key }) {
            for (backend, cell) in row.sorted(by: { $0.key < $1.key }) {
                #expect(
                    older[operation]?[backend] == cell,
                    "\(backend) takes \(operation) of \(cell): run with VIREO_UPDATE_MATRIX=1 and commit the result")
            }
        }
        let isComplete = present == SupportMatrix.backends
        #expect(!isComplete || matrix.markdown(completedBy: older) == committed, "run with VIREO_UPDATE_MATRIX=1")
    }
}
