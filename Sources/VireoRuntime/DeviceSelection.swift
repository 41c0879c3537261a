import VireoTensor

extension Core {
    /// The devices that a name stands for, in order of preference; a later one completes what the earlier ones refuse.
    ///
    /// - `REFERENCE`, `OPENCL.1`: one device. `OPENCL` is `OPENCL.0`.
    /// - `CPU`: the CPU backends that are there, best first (ONEDNN, OPENBLAS, REFERENCE).
    /// - `GPU`: the first GPU.
    /// - `HETERO:A,B`, and the other virtual devices: the devices that they are over.
    ///
    /// - Throws: `notFound` for an unknown device, with the devices that there are and, when a library of that name was
    ///   refused, the reason.
    public func resolve(_ device: String) throws -> [DeviceInfo] { try candidates(for: device).map(\.info) }

    func candidates(for name: String) throws -> [Device] {
        var seen: Set<String> = []
        return try candidates(for: Target(name)).filter { seen.insert($0.info.name).inserted }
    }

    private func candidates(for target: Target) throws -> [Device] {
        switch target {
        case .device("CPU"): try processorDevices()
        case .device("GPU"): [try graphicsDevice()]
        case .device(let name): [try single(name)]
        case .hetero(let members), .multi(let members): try members.flatMap { try candidates(for: $0) }
        case .auto(let members):
            try (members.isEmpty ? automaticMembers() : members).flatMap { try candidates(for: $0) }
        case .batch(let member, _): try candidates(for: member)
        }
    }

    /// What a model can be compiled for under a name.
    func target(for target: Target) throws -> any CompilationTarget {
        switch target {
        case .device(let name):
            return PartitionedTarget(name: name, candidates: try candidates(for: target), obeysAffinities: false)
        case .hetero(let members):
            for member in members {
                guard case .device = member else {
                    throw VireoError(
                        .invalidArgument, "HETERO cannot hold the virtual device \(member)",
                        remedy: "HETERO combines devices; MULTI and AUTO can hold it")
                }
            }
            return PartitionedTarget(
                name: target.description, candidates: try candidates(for: target.description), obeysAffinities: true)
        case .multi(let members):
            return MultiTarget(name: target.description, members: try members.map { try self.target(for: $0) })
        case .auto(let members):
            return AutoTarget(
                name: target.description,
                members: try (members.isEmpty ? automaticMembers() : members).map { try self.target(for: $0) },
                priorities: priorities)
        case .batch(let member, let size):
            return BatchTarget(name: target.description, member: try self.target(for: member), size: size)
        }
    }

    /// What AUTO chooses from when it is not told: each GPU, then each CPU backend, completed by
    /// REFERENCE; where there are none of these, every device.
    func automaticMembers() -> [Target] {
        let graphics = found.filter { $0.info.kind == .gpu }.map { Target.device($0.info.name) }
        let processors = DeviceName.processorBackends.filter { name in found.contains { $0.info.name == name } }
        guard !(graphics.isEmpty && processors.isEmpty) else { return found.map { .device($0.info.name) } }
        guard let complete = processors.last, processors.count > 1 else {
            return graphics + processors.map { .device($0) }
        }
        return graphics + processors.dropLast().map { .hetero([.device($0), .device(complete)]) }
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
