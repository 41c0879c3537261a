import Foundation
import Testing

/// What Swift can do and C cannot is listed here with the reason; everything else has a function in `vireo.h`.
@Suite("The C API beside the Swift API")
struct ParityTests {
    private enum Counterpart {
        case functions([String])
        case notInC(String)

        static func function(_ names: String...) -> Counterpart { .functions(names) }
    }

    /// Swift files with one public type each, and what C has for each of its public members.
    private static let table: [(file: String, members: [String: Counterpart])] = [
        (
            "Core.swift",
            [
                "devices": .function("vireo_core_device_count", "vireo_core_device"),
                "plugins": .function("vireo_core_plugin_count", "vireo_core_plugin"),
                "init": .function("vireo_core_create", "vireo_core_create_logging", "vireo_core_release"),
                "compile": .function("vireo_core_compile"),
                "looking": .notInC("search_paths of vireo_core_create says which libraries are loaded"),
            ]
        ),
        (
            "DeviceSelection.swift",
            ["resolve": .notInC("EXECUTION_DEVICES of the compiled model says what a name stood for")]
        ),
        (
            "Configuration/DeviceProperties.swift",
            [
                "settableProperties": .function("vireo_core_settable_properties"),
                "properties": .function(
                    "vireo_core_properties", "vireo_properties_count", "vireo_properties_at",
                    "vireo_properties_release"),
                "property": .function("vireo_core_properties"),
                "setProperty": .function("vireo_core_set_property"),
                "set": .function("vireo_core_set_property"),
            ]
        ),
        (
            "Configuration/ConfigurationFile.swift",
            ["init": .function("vireo_settings_read", "vireo_properties_settings")]
        ),
        (
            "Compilation/CompiledModel.swift",
            [
                "name": .function("vireo_compiled_model_name"),
                "target": .notInC("the caller gave it"),
                "inputs": .function("vireo_compiled_model_input_count", "vireo_compiled_model_input"),
                "outputs": .function("vireo_compiled_model_output_count", "vireo_compiled_model_output"),
                "configuration": .function("vireo_compiled_model_properties"),
                "properties": .function("vireo_compiled_model_properties"),
                "isLoadedFromCache": .function("vireo_compiled_model_properties"),
                "devices": .function("vireo_compiled_model_properties"),
                "placement": .function("vireo_compiled_model_placement", "vireo_compiled_model_summary"),
                "optimalRequestCount": .function("vireo_compiled_model_optimal_request_count"),
                "executionGraph": .function("vireo_compiled_model_write_execution_graph"),
                "makeRequest": .function("vireo_request_create"),
                "run": .function("vireo_pool_create", "vireo_pool_run"),
                "ordered": .function("vireo_compiled_model_input_index"),
            ]
        ),
        (
            "Inference/InferRequest.swift",
            [
                "model": .notInC("the caller made the request of it"),
                "run": .function("vireo_request_run", "vireo_request_run_into"),
                "start": .function("vireo_request_start", "vireo_request_cancel", "vireo_request_wait"),
                "begin": .function("vireo_request_start"),
                "profile": .function(
                    "vireo_request_profile", "vireo_profile_count", "vireo_profile_at", "vireo_profile_release"),
            ]
        ),
        (
            "State/VariableState.swift",
            [
                "queryState": .function("vireo_request_state_count", "vireo_request_state"),
                "name": .function("vireo_request_state"),
                "type": .function("vireo_request_state"),
                "tensor": .function("vireo_request_state_value"),
                "set": .function("vireo_request_set_state"),
                "reset": .function("vireo_request_reset_state"),
                "resetState": .function("vireo_request_reset_states"),
            ]
        ),
        (
            "Inference/RequestPool.swift",
            [
                "model": .notInC("the caller made the pool of it"),
                "init": .function("vireo_pool_create", "vireo_pool_release"),
                "requestCount": .function("vireo_pool_request_count"),
                "waitingCount": .function("vireo_pool_waiting_count"),
                "run": .function("vireo_pool_run"),
                "start": .function("vireo_pool_start"),
            ]
        ),
        (
            "Inference/Cancellation.swift",
            [
                "init": .function("vireo_cancellation_create", "vireo_cancellation_release"),
                "cancel": .function("vireo_cancellation_cancel"),
                "isCancelled": .notInC("the caller called it off"),
            ]
        ),
        (
            "Profiling/ExecutionGraph.swift", ["timed": .function("vireo_request_write_execution_graph")]
        ),
        ("Preprocessing/Reshape.swift", ["reshape": .function("vireo_model_reshape")]),
    ]

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: CProgram.repository.appending(path: path), encoding: .utf8)
    }

    /// The names of a file's public members; `init` for initialisers.
    private static func members(of file: String) throws -> Set<String> {
        let declaration = try Regex(#"public [a-z ]*?\b(?:(init)\b|(?:func|var|let) (\w+))"#)
        return try Set(
            text("Sources/VireoRuntime/\(file)").matches(of: declaration).compactMap { match in
                (match.output[1].substring ?? match.output[2].substring).map(String.init)
            })
    }

    /// The functions that `vireo.h` declares.
    private static func functions() throws -> Set<String> {
        let header = try text("Sources/CVireo/include/vireo.h").replacing(try Regex(#"(?s)/\*.*?\*/"#), with: "")
        let call = try Regex(#"\b(vireo_\w+)\("#)
        return Set(header.matches(of: call).compactMap { $0.output[1].substring.map(String.init) })
    }

    @Test("every public member has a counterpart in C, or a reason why it has none", arguments: table.indices)
    func counterparts(index: Int) throws {
        let (file, members) = Self.table[index]
        #expect(try Self.members(of: file) == Set(members.keys), "\(file) and the table differ")
        let functions = try Self.functions()
        for (member, counterpart) in members {
            switch counterpart {
            case .functions(let names):
                for name in names { #expect(functions.contains(name), "\(file), \(member)") }
            case .notInC(let reason): #expect(!reason.isEmpty)
            }
        }
    }

    @Test("every function of the header is called by the program that the tests run")
    func everyFunctionIsCalled() throws {
        let program = try Self.text("Tests/VireoCTests/parity.c")
        let functions = try Self.functions()
        #expect(functions.count > 70)
        for name in functions.sorted() { #expect(program.contains("\(name)("), "\(name) is not called") }
    }

    @Test("the Python package declares every function of the header")
    func pythonDeclarations() throws {
        let declarations = try Self.text("Bindings/python/vireo/_library.py")
        // Python copies arrays into tensors of its own making, and its requests make new arrays for each run.
        let unused: Set = ["vireo_core_create_logging", "vireo_properties_settings", "vireo_request_run_into"]
        for name in try Self.functions().subtracting(unused) {
            let handle = name.hasSuffix("_release") ? String(name.dropFirst(6).dropLast(8)) : nil
            let isDeclared =
                declarations.contains("\"\(name)\"") || handle.map { declarations.contains("\"\($0)\"") } ?? false
            #expect(isDeclared, "\(name) is not declared")
        }
    }
}
