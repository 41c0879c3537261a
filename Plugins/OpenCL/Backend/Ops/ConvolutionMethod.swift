import VireoPluginKit

/// How convolutions of 3 x 3 are computed.
enum ConvolutionMethod {
    /// As is faster on the device, which is measured.
    case fastest
    case direct
    /// By Winograd's algorithm wherever it can.
    case winograd

    /// The device property. Without accuracy to spare (EXECUTION_MODE_HINT) AUTO is DIRECT.
    static let setting = Setting.choice("CONVOLUTION_METHOD", ["AUTO", "DIRECT", "WINOGRAD"], initial: "AUTO")

    init(_ settings: SettingValues) {
        switch settings["CONVOLUTION_METHOD"] {
        case "WINOGRAD": self = .winograd
        case "DIRECT": self = .direct
        default: self = settings["EXECUTION_MODE_HINT"] == "ACCURACY" ? .direct : .fastest
        }
    }
}
