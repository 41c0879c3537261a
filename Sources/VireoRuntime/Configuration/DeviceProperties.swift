import VireoTensor

extension Core {
    /// The names of the properties that a compilation for `device` can be given, sorted.
    /// - Throws: `notFound` for an unknown device.
    public func settableProperties(for device: String) throws -> [String] {
        try target(for: Target(device)).settableProperties().sorted()
    }

    /// The properties of a device; of the first when the name stands for several.
    /// - Throws: `notFound` for an unknown device.
    public func properties(of device: String) throws -> [DeviceProperty] {
        let device = try candidates(for: device)[0]
        let siblings = found.filter { $0.library === device.library }.count
        let own = [
            DeviceProperty(
                name: "AVAILABLE_DEVICES", value: (0..<siblings).map(String.init).joined(separator: " "),
                isMutable: false),
            DeviceProperty(
                name: Property<LogThreshold>.logLevel.name, value: device.log.threshold.propertyText, isMutable: true),
        ]
        return try device.backend().properties().map { property in
            guard property.name == "SUPPORTED_PROPERTIES" else { return property }
            return DeviceProperty(
                name: property.name, value: ([property.value] + own.map(\.name)).joined(separator: " "),
                isMutable: property.isMutable)
        } + own
    }

    /// The value of one property of a device.
    /// - Throws: `notFound` for an unknown device; `invalidArgument` for an unknown property, with those that there
    ///   are.
    public func property(_ name: String, of device: String) throws -> String {
        let properties = try properties(of: device)
        let canonical = Configuration.canonicalName(name)
        guard let property = properties.first(where: { $0.name == canonical }) else {
            throw VireoError(
                .invalidArgument,
                "\(device) has no property \(name)" + UnavailableProperties.explanation(of: [canonical]),
                remedy: "the properties are " + properties.map(\.name).joined(separator: ", "))
        }
        return property.value
    }

    /// Changes a property of a device for all compilations to come; of the first when the name stands for several.
    /// - Throws: `notFound` for an unknown device; `invalidArgument` for an unknown or read-only property or a bad
    ///   value.
    public func setProperty(_ name: String, to value: String, of device: String) throws {
        let device = try candidates(for: device)[0]
        let name = Configuration.canonicalName(name)
        let configuration = Configuration([name: Configuration.canonicalValue(value, of: name)])
        if let level = try configuration.value(of: .logLevel) {
            device.log.threshold = level
            return
        }
        guard name != "AVAILABLE_DEVICES" else { throw VireoError(.invalidArgument, "\(name) can only be read") }
        do {
            try device.backend().setProperty(name, to: configuration[name] ?? value)
        } catch let error as VireoError {
            let reason = UnavailableProperties.explanation(of: [name])
            let isKnown = try device.backend().properties().contains { $0.name == name }
            guard !isKnown, !reason.isEmpty else { throw error }
            throw VireoError(error.code, error.message + reason, in: error.context, remedy: error.remedy)
        }
    }

    /// Changes a property of a device for all compilations to come; of the first when the name stands for several.
    /// - Throws: as `setProperty(_:to:of:)` for texts.
    public func set<Value>(_ property: Property<Value>, to value: Value, of device: String) throws {
        try setProperty(property.name, to: value.propertyText, of: device)
    }
}
