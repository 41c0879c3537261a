import VireoPluginKit
import VireoTensor

/// What the properties of a compilation ask of its plan.
struct PlanOptions {
    let method: ConvolutionMethod
    let precision: KernelForm.Precision
    /// How every convolution and matrix product is divided; nil for as is best.
    let division: Division?
    /// Whether processors get what is best on GPUs too.
    private let wantsTiles: Bool
    /// Whether ways are measured where the fastest is not known.
    let measures: Bool

    static let settings: [Setting] = [
        ConvolutionMethod.setting,
        .choice("TUNING", ["YES", "NO"], initial: "YES"),
        .choice("WORK_GROUP", ["AUTO", "TILE"] + divisions.map(\.name), initial: "AUTO"),
    ]

    /// The settings, with f16 among the precisions: every device can store it.
    static func replacingPrecision(in settings: [Setting]) -> [Setting] {
        settings.map { setting in
            setting.name == "INFERENCE_PRECISION_HINT"
                ? .choice(
                    setting.name, ["f32", "f16"], initial: "f32", refusals: ["bf16": "OpenCL has no type bf16"])
                : setting
        }
    }

    private static let divisions: [(name: String, division: Division)] =
        Device.wideGroups.map { group in ("\(group[0])x\(group[1])", .items(group)) }
        + Tile.all.map { ("TILE_\($0.name)", .tile($0)) }

    init(_ settings: SettingValues) {
        method = ConvolutionMethod(settings)
        precision = settings["INFERENCE_PRECISION_HINT"] == "f16" ? .f16 : .f32
        division = PlanOptions.divisions.first { $0.name == settings["WORK_GROUP"] }?.division
        wantsTiles = settings["WORK_GROUP"] == "TILE"
        measures = settings["TUNING"] == "YES"
    }

    /// What the kernels must be compiled for.
    /// - Throws: `unsupported` when the device has no room for the tile that was asked for.
    func form(on device: Device) throws(VireoError) -> KernelForm {
        var sharesLocalMemory = device.kind != .cpu || wantsTiles
        switch division {
        case .tile(let tile):
            guard tile.fits(device) else {
                throw VireoError(
                    .unsupported,
                    "\(device.name) has \(device.localMemoryByteCount) bytes of local memory and work-groups of "
                        + "\(device.largestGroup) items, too few for WORK_GROUP=TILE_\(tile.name)",
                    remedy: "choose a smaller one")
            }
            sharesLocalMemory = true
        case .items: sharesLocalMemory = false
        default: break
        }
        return KernelForm(
            precision: precision, lanes: sharesLocalMemory ? 4 : device.lanes, sharesLocalMemory: sharesLocalMemory)
    }
}
