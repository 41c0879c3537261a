import Foundation
import Testing
import VireoIR
import VireoReference
import VireoTensor
import VireoTestSupport

struct CompletenessTests {
    /// The edges of a model, from run to run too: run by no kernel.
    private static let boundary: Set<String> = ["Parameter", "Result", "ReadValue", "Assign"]

    private static let document: [Substring] = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try? String(contentsOf: package.appending(path: "docs/operations.md"), encoding: .utf8)
        return (text ?? "").split(separator: "\n")
    }()

    /// The operations of the conformance suite's sample.
    private static let sampled: Set<String> = {
        do { return Set(try SampledCase.all.map { try $0.operation().type }) } catch { fatalError("\(error)") }
    }()

    @Test("every operation has a kernel", arguments: OperationSet.entries.map(\.type))
    func hasKernel(_ type: String) {
        let isRun = Reference.elementTypes(of: type) != nil
        #expect(isRun != CompletenessTests.boundary.contains(type))
    }

    @Test("every operation that runs has a case", arguments: OperationSet.entries.map(\.type))
    func hasCase(_ type: String) {
        let hasCase =
            SingleOperationCase.all.contains { $0.operation.type == type } || CompletenessTests.sampled.contains(type)
        #expect(hasCase == (Reference.elementTypes(of: type) != nil))
    }

    @Test("every operation has its row in docs/operations.md", arguments: OperationSet.entries)
    func isDocumented(_ entry: OperationSet.Entry) throws {
        if CompletenessTests.boundary.contains(entry.type) { return }
        let versions = entry.versions.map(String.init).joined(separator: ", ")
        let row = "| \(entry.type) | \(versions) | \(name(of: Reference.elementTypes(of: entry.type) ?? [])) |"
        #expect(CompletenessTests.document.count { $0.hasPrefix(row) } == 1, "the row starts with \(row)")
    }

    @Test("no row of docs/operations.md is about something else")
    func everyRowIsAnOperation() {
        let known = Set(OperationSet.entries.map(\.type)).union(["operation"])
        for line in CompletenessTests.document.prefix(while: { $0 != "## What stays out" }) where line.hasPrefix("| ") {
            let type = line.dropFirst(2).prefix { $0 != " " }
            #expect(known.contains(String(type)), "\(line)")
        }
    }

    /// The document's words for sets of element types.
    private func name(of types: Set<ElementType>) -> String {
        let floats: Set<ElementType> = [.f64, .f32, .f16, .bf16]
        let numbers = floats.union([.i64, .i32, .i16, .i8, .u32, .u16, .u8])
        return switch types {
        case []: "none"
        case [.boolean]: "boolean"
        case floats: "floating point"
        case numbers.subtracting(floats): "integers"
        case numbers.subtracting(floats).union([.boolean]): "integers, boolean"
        case numbers: "numbers"
        case numbers.union([.boolean]): "numbers, boolean"
        case numbers.union([.boolean, .u64]): "any whole bytes"
        default: types.map(\.irName).sorted().joined(separator: ", ")
        }
    }
}
