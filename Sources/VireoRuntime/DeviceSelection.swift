import VireoTensor

extension Core {
    /// The devices that a name stands for, in order of preference; a later one completes what the earlier ones refuse.
    ///
    /// - `REFERENCE`, `OPENCL.1`: one device. `OPENCL` is `OPENCL.0`.
    /// - `CPU`: the CPU backends that are there, best first (ONEDNN, OPENBLAS, REFERENCE).
    /// - `GPU`: the first GPU.
    /// - `HETERO:A,B`: these.
    ///
    /// - Throws: `notFound` for an unknown device, with the devices that there are and, when a library of that name was
    ///   refused, the reason.
    public func resolve(_ device: String) throws -> [DeviceInfo] { try candidates(for: device).map(\.info) }

    func candidates(for name: String) throws -> [Device] {
        let name = name.uppercased()
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch parts[0] {
        case "HETERO": return try members(of: name, parts)
        case "AUTO", "MULTI", "BATCH":
            throw VireoError(
                .unsupported, "the virtual device \(parts[0]) is not there yet",
                remedy: "name a device, CPU, or HETERO:A,B")
        case _ where parts.count == 2:
            throw VireoError(
                .notFound, "\(parts[0]) is no virtual device", remedy: "write HETERO:A,B to combine devices")
        case "CPU": return try processorDevices()
        case "GPU": return [try graphicsDevice()]
        default: return [try single(name)]
        }
    }

    private func members(of name: String, _ parts: [String]) throws -> [Device] {
        let names = parts.count == 2 ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : []
        guard !names.isEmpty, !names.contains(where: \.isEmpty) else {
            throw VireoError(
                .invalidArgument, "\"\(name)\" does not say which devices",
                remedy: "write as in HETERO:ONEDNN,REFERENCE")
        }
        var seen: Set<String> = []
        return try names.flatMap { member -> [Device] in
            guard !member.contains(":") else {
                throw VireoError(.invalidArgument, "HETERO cannot hold the virtual device \(member)")
            }
            return try candidates(for: String(member))
        }.filter { seen.insert($0.info.name).inserted }
    }

    private func processorDevices() throws -> [Device] {
        let devices = DeviceName.processorBackends.compactMap { name in found.first { $0.library.name == name } }
        guard devices.isEmpty else { return devices }
        throw VireoError(
            .notFound, "there is no CPU backend",
            in: DeviceName.processorBackends.flatMap { refusals(of: $0) }, remedy: available())
    }

    private func graphicsDevice() throws -> Device {
        if let device = found.first(where: { $0.info.kind == .gpu }) { return device }
        throw VireoError(.notFound, "there is no GPU", in: refusals(of: "OPENCL"), remedy: available())
    }

    private func single(_ name: String) throws -> Device {
        if let device = found.first(where: { $0.info.name == name }) { return device }
        if let device = found.first(where: { $0.info.name == name + ".0" || $0.info.name + ".0" == name }) {
            return device
        }
        let library = String(name.prefix { $0 != "." })
        throw VireoError(.notFound, "there is no device \(name)", in: refusals(of: library), remedy: available())
    }

    private func available() -> String {
        devices.isEmpty
            ? "no device was found: set VIREO_PLUGIN_PATH to the folder of the plugins"
            : "the devices are " + devices.map { "\($0.name) (\($0.fullName))" }.joined(separator: ", ")
    }
}
