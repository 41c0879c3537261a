import ArgumentParser
import Vireo

/// `vireo devices`: every device with its properties.
struct Devices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the devices of this machine and their properties.",
        discussion: """
            Example:
              vireo devices --explain
            """)

    @Flag(help: "Add every library that was tried, and why it was or was not used.")
    var explain = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let core = try Core()
        if json {
            try Console.json(Report(core, explain: explain))
            return
        }
        Console.print("[ INFO ] Available devices:")
        for device in core.devices {
            Console.print("[ INFO ] \(device.name)")
            Console.print("[ INFO ] \tSUPPORTED_PROPERTIES:")
            for property in try core.properties(of: device.name) {
                let value = property.value.isEmpty ? "\"\"" : property.value
                Console.print(
                    "[ INFO ] \t\t\(property.isMutable ? "Mutable" : "Immutable"): \(property.name) : \(value)")
            }
            Console.print(
                "[ INFO ] \tFOR A COMPILATION: \(try core.settableProperties(for: device.name).joined(separator: " "))")
            Console.print("[ INFO ] ")
        }
        if core.devices.isEmpty { Console.print("[ INFO ] none: see vireo devices --explain") }
        if explain {
            Console.print("[ INFO ] Libraries tried:")
            for plugin in core.plugins {
                Console.print("[ INFO ] \(plugin.path)")
                Console.print("[ INFO ] \t\(plugin.outcome.text)")
                for warning in plugin.warnings { Console.print("[ INFO ] \twarning: \(warning)") }
            }
        }
    }

    private struct Report: Encodable {
        struct Device: Encodable {
            let name: String
            let fullName: String
            let architecture: String
            let properties: [Property]
            /// What --config can set.
            let compilationProperties: [String]
        }

        struct Property: Encodable {
            let name: String
            let value: String
            let isMutable: Bool
        }

        struct Library: Encodable {
            let path: String
            let outcome: String
            let warnings: [String]
        }

        let devices: [Device]
        let libraries: [Library]?

        init(_ core: Core, explain: Bool) throws {
            devices = try core.devices.map { device in
                Device(
                    name: device.name, fullName: device.fullName, architecture: device.architecture,
                    properties: try core.properties(of: device.name).map {
                        Property(name: $0.name, value: $0.value, isMutable: $0.isMutable)
                    },
                    compilationProperties: try core.settableProperties(for: device.name))
            }
            libraries =
                explain
                ? core.plugins.map { Library(path: $0.path, outcome: $0.outcome.text, warnings: $0.warnings) } : nil
        }
    }
}

extension PluginReport.Outcome {
    fileprivate var text: String {
        switch self {
        case .loaded(let name, let version, let description, let deviceCount):
            "loaded: \(name) \(version), \(description), \(deviceCount) device\(deviceCount == 1 ? "" : "s")"
        case .refused(let reason): "not used: \(reason)"
        }
    }
}
