import Foundation
import Testing
import Vireo

@Suite("docs/properties.md")
struct PropertiesTests {
    /// The names in backticks in one column of the table under a heading.
    private func names(under heading: String, column: Int = 0) throws -> Set<String> {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: repository.appending(path: "docs/properties.md"), encoding: .utf8)
        let start = try #require(page.range(of: "## \(heading)\n"))
        let rest = page[start.upperBound...]
        let section = rest.range(of: "\n## ").map { rest[..<$0.lowerBound] } ?? rest
        let name = /`([A-Z_]+)`/
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("| ") }
        let cells = rows.compactMap { $0.split(separator: "|").dropFirst(column).first }
        return Set(cells.flatMap { $0.matches(of: name).map { String($0.1) } })
    }

    @Test("lists every setting of every device, and no other")
    func settings() throws {
        let core = try Core()
        let devices = core.devices.map(\.name)
        let virtual = ["AUTO:REFERENCE", "BATCH:REFERENCE(2)", "HETERO:REFERENCE", "MULTI:REFERENCE"]
        let known = try Set((devices + virtual).flatMap { try core.settableProperties(for: $0) })
        let documented = try names(under: "Settings")
        #expect(known.isSubset(of: documented), "\(known.subtracting(documented).sorted()) are not on the page")
        // These complete a device's name, or belong to backends that may not be built or found here.
        let elsewhere: Set = [
            "DEVICE_ID", "MULTI_DEVICE_PRIORITIES", "ENABLE_CPU_PINNING", "CACHE_DIR", "CACHE_SIZE_MIB",
            "QUANTIZED_EXECUTION", "CONVOLUTION_METHOD", "TUNING", "WORK_GROUP",
        ]
        #expect(documented.subtracting(known).isSubset(of: elsewhere))
    }

    @Test("lists every fact of devices and compiled models, and no other")
    func facts() throws {
        let core = try Core()
        let facts = try Set(
            core.devices.flatMap { try core.properties(of: $0.name) }.filter { !$0.isMutable }.map(\.name))
        var model = Model(name: "relu")
        let data = Output(try model.add(Parameter(.f32, PartialShape([4])), name: "data"))
        try model.add(Result(), [Output(try model.add(UnaryElementwise(.relu), [data], name: "relu"))], name: "result")
        let compiled = try core.compile(model, device: "REFERENCE").properties.map(\.name)
        // OPENCL's, whose drivers may find no device here.
        let elsewhere: Set = [
            "DEVICE_ID", "EXECUTION_UNITS_COUNT", "DEVICE_TOTAL_MEM_SIZE", "DEVICE_LOCAL_MEM_SIZE",
            "MAX_WORK_GROUP_SIZE",
        ]
        #expect(try names(under: "Facts", column: 1) == facts.union(compiled).union(elsewhere))
    }

    @Test("says of each name that is not here what the error says")
    func absent() throws {
        let core = try Core()
        for name in try names(under: "What is not here") {
            let error = #expect(throws: VireoError.self) { try core.property(name, of: "REFERENCE") }
            #expect(error?.message.contains("(\(name): ") == true)
        }
    }
}
