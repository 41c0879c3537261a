// swift-tools-version: 6.2
import Foundation
import PackageDescription

// MARK: - Which backends can be built here

/// Whether a backend's library is installed. `VIREO_WITH_<NAME>=0|1` overrides what is found.
func isAvailable(_ name: String, header: String) -> Bool {
    if let wanted = Context.environment["VIREO_WITH_\(name)"] { return wanted != "0" }
    let folders = [
        "/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu", "/usr/local/include",
    ]
    return folders.contains { FileManager.default.fileExists(atPath: "\($0)/\(header)") }
}

/// A backend plugin: a testable `<name>Backend` target and a thin entry target that becomes one shared library.
struct Backend {
    let name: String
    let product: String
    let dependencies: [Target.Dependency]
    let library: Target?
    let isAvailable: Bool
}

let backends: [Backend] = [
    Backend(
        name: "Reference", product: "vireo_reference", dependencies: ["VireoReference", "VireoIR"], library: nil,
        isAvailable: true),
    Backend(
        name: "OpenBLAS", product: "vireo_openblas", dependencies: ["COpenBLAS"],
        library: .systemLibrary(
            name: "COpenBLAS", path: "Sources/COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
        isAvailable: isAvailable("OPENBLAS", header: "openblas_config.h")),
    Backend(
        name: "OneDNN", product: "vireo_onednn", dependencies: ["CDNNL", "OneDNNKernels"],
        library: .systemLibrary(name: "CDNNL", path: "Sources/CDNNL", providers: [.apt(["libdnnl-dev"])]),
        isAvailable: isAvailable("ONEDNN", header: "dnnl.h")),
    Backend(
        name: "OpenCL", product: "vireo_opencl", dependencies: ["COpenCL", "VireoKernels"],
        library: .systemLibrary(
            name: "COpenCL", path: "Sources/COpenCL", pkgConfig: "OpenCL",
            providers: [.apt(["ocl-icd-opencl-dev", "opencl-headers"])]),
        isAvailable: isAvailable("OPENCL", header: "CL/cl.h")),
].filter(\.isAvailable)

// MARK: - Settings

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

/// One exported symbol, and never unloaded: Swift libraries do not survive dlclose.
let pluginLinking: [LinkerSetting] = [
    .unsafeFlags([
        "-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/plugin.exports",
        "-Xlinker", "-z", "-Xlinker", "nodelete",
    ])
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies + ["VireoTestSupport"], path: "Tests/\(name)Tests",
        exclude: exclude, swiftSettings: strict)
}

// MARK: - Targets

let core: [Target] = [
    .target(name: "CVireoPlugin", path: "Sources/CVireoPlugin"),
    module("VireoTensor"),
    module("VireoIR", ["VireoTensor"]),
    .systemLibrary(name: "CExpat", path: "Sources/CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
    module("VireoSerialization", ["VireoIR", "CExpat"]),
    module("VireoReference", ["VireoIR"]),
    module("VireoPasses", ["VireoIR", "VireoReference"]),
    module(
        "VireoRuntime", ["CVireoPlugin", "VireoIR", "VireoSerialization", "VireoPasses"]),
    module("VireoQuantization", ["VireoRuntime", "VireoPasses"]),
    module("VireoPluginKit", ["CVireoPlugin", "VireoTensor"]),
    .systemLibrary(
        name: "CProtobuf", path: "Sources/CProtobuf", pkgConfig: "protobuf", providers: [.apt(["libprotobuf-dev"])]),
    .target(
        name: "CTensorFlowProto", dependencies: ["CProtobuf"], path: "Sources/CTensorFlowProto",
        exclude: ["Protos"], linkerSettings: [.linkedLibrary("protobuf")]),
    module("VireoTensorFlow", ["CTensorFlowProto", "VireoIR", "VireoPasses"]),
    .systemLibrary(
        name: "CJPEG", path: "Sources/CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
    .systemLibrary(name: "CPNG", path: "Sources/CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(name: "CVireoImageCodecs", dependencies: ["CJPEG", "CPNG"], path: "Sources/CVireoImageCodecs"),
    module("VireoImaging", ["VireoTensor", "CVireoImageCodecs"]),
    module("VireoInspection", ["VireoRuntime", "VireoSerialization"]),
    module(
        "Vireo",
        [
            "VireoRuntime", "VireoQuantization", "VireoSerialization", "VireoImaging", "VireoTensorFlow",
            "VireoInspection",
        ]),
    .target(name: "CVireo", path: "Sources/CVireo"),
    module("VireoC", ["CVireo", "Vireo"]),
    .executableTarget(
        name: "VireoConformance",
        dependencies: [
            "VireoTestSupport", "VireoRuntime", "VireoSerialization",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        path: "conformance/operations/Runner", swiftSettings: strict),
    .executableTarget(
        name: "VireoCLI",
        dependencies: ["Vireo", .product(name: "ArgumentParser", package: "swift-argument-parser")],
        path: "Sources/VireoCLI", swiftSettings: strict),
]

let pluginTargets: [Target] = backends.flatMap { backend -> [Target] in
    var targets: [Target] = [
        .target(
            name: "\(backend.name)Backend", dependencies: ["VireoPluginKit", "VireoTensor"] + backend.dependencies,
            path: "Plugins/\(backend.name)/Backend", swiftSettings: strict),
        .target(
            name: "\(backend.name)Plugin", dependencies: [.target(name: "\(backend.name)Backend"), "VireoPluginKit"],
            path: "Plugins/\(backend.name)/Entry", swiftSettings: strict, linkerSettings: pluginLinking),
    ]
    if let library = backend.library { targets.append(library) }
    if backend.name == "OpenCL" { targets.append(.target(name: "VireoKernels", path: "Kernels")) }
    if backend.name == "OneDNN" {
        targets.append(
            .target(name: "OneDNNKernels", path: "Plugins/OneDNN/Kernels", linkerSettings: [.linkedLibrary("gomp")]))
    }
    return targets
}

/// A plugin in plain C for the tests. It is no `libvireo_*.so`, so the runtime never finds it by itself.
func fixture(_ name: String) -> (Target, Product) {
    let target = "\(name)Fixture"
    return (
        .target(
            name: target, dependencies: ["CVireoPlugin"], path: "Tests/Plugins/\(name)", publicHeadersPath: ".",
            linkerSettings: pluginLinking),
        .library(name: "fixture_\(name)", type: .dynamic, targets: [target])
    )
}

let fixtures = [fixture("example"), fixture("faulty"), fixture("flaky")]

let testTargets: [Target] =
    [
        .target(
            name: "VireoTestSupport",
            dependencies: ["VireoIR", "VireoSerialization", "VireoReference", "VireoTensorFlow", "VireoRuntime"],
            path: "Tests/VireoTestSupport", swiftSettings: strict),
        .target(
            name: "VireoPluginTestSupport", dependencies: ["VireoPluginKit", "CVireoPlugin"],
            path: "Tests/VireoPluginTestSupport", swiftSettings: strict),
        .target(name: "SoakAllocations", path: "Tests/SoakAllocations"),
        .target(
            name: "ThreadSanitizerSupport", path: "Tests/ThreadSanitizerSupport", publicHeadersPath: "."),
        .executableTarget(
            name: "Soak", dependencies: ["VireoRuntime", "SoakAllocations"], path: "Tests/Soak", swiftSettings: strict),
        tests("VireoTensor", ["VireoTensor"]),
        tests("VireoIR", ["VireoIR"]),
        tests("VireoSerialization", ["VireoSerialization"], exclude: ["Fixtures"]),
        tests("VireoReference", ["VireoReference"]),
        tests("VireoPasses", ["VireoPasses"]),
        tests("VireoTensorFlow", ["VireoTensorFlow", "VireoPasses", "VireoSerialization"], exclude: ["Fixtures"]),
        tests("VireoImaging", ["VireoImaging"]),
        tests("VireoQuantization", ["VireoQuantization", "VireoRuntime"]),
        tests("VireoRuntime", ["VireoRuntime", "CVireoPlugin", "ThreadSanitizerSupport"]),
        tests("Conformance", ["VireoRuntime", "VireoReference", "CVireoPlugin"], exclude: ["Fixtures"]),
        tests("Golden", ["Vireo"], exclude: ["Fixtures"]),
        tests("VireoInspection", ["VireoInspection", "Vireo"]),
        tests("Documentation", ["Vireo"]),
        tests("VireoC", ["Vireo"], exclude: ["parity.c"]),
        tests("VireoCLI", ["Vireo"]),
    ]
    + backends.map {
        tests("\($0.name)Backend", [.target(name: "\($0.name)Backend"), "VireoPluginKit", "VireoPluginTestSupport"])
    }

/// All, or the test targets that `VIREO_TESTS` names: `make sanitize` builds no others.
let wantedTests = Context.environment["VIREO_TESTS"]?.split(separator: ",").map(String.init)

let package = Package(
    name: "Vireo",
    products: [
        .library(name: "Vireo", targets: ["Vireo"]),
        .library(name: "VireoPluginKit", targets: ["VireoPluginKit"]),
        .library(name: "vireo_c", type: .dynamic, targets: ["VireoC"]),
        .executable(name: "vireo", targets: ["VireoCLI"]),
    ]
        + backends.map { .library(name: $0.product, type: .dynamic, targets: ["\($0.name)Plugin"]) }
        + fixtures.map(\.1),
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: core + pluginTargets + fixtures.map(\.0)
        + testTargets.filter { $0.type != .test || wantedTests?.contains($0.name) ?? true },
    cxxLanguageStandard: .cxx17
)
