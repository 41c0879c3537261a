import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("The Python package")
struct PythonTests {
    /// Why the package cannot be tested here; nil when it can.
    static let obstacle: String? = {
        guard let found = try? CProgram.run("/usr/bin/env", ["python3", "-c", "import numpy"]) else {
            return "no program can be started"
        }
        return found.status == 0 ? nil : "there is no python3 with NumPy"
    }()

    @Test("passes its own tests", .enabled(if: obstacle == nil, "there is no python3 with NumPy"))
    func passes() throws {
        let folder = try TemporaryFolder()
        let network = try folder.file("small.pb", SmallNetwork.frozen)
        let photograph = try folder.file("photograph.bmp", SmallNetwork.bitmap(red: 1, green: 2, blue: 4))
        let adder = folder.path("adder.xml")
        try SmallNetwork.adder().writeIR(xml: adder, weights: folder.path("adder.bin"))
        let script = CProgram.repository.appending(path: "Bindings/python/tests/test_vireo.py").path
        let library = CProgram.products.appending(path: "libvireo_c.so").path
        let run = try CProgram.run(
            "/usr/bin/env",
            [
                "VIREO_LIBRARY=\(library)", "PYTHONDONTWRITEBYTECODE=1", "python3", script, network, photograph, adder,
            ])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("OK"))
    }
}
