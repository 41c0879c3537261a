import VireoTensor

extension GraphDef {
    /// Writes the graph, its constants' values left out, as an events file that TensorBoard's graph page opens.
    ///
    /// An events file is a list of records: the length, its checksum, an Event message, and that message's checksum.
    /// The first event names the format's version, the second holds the GraphDef.
    /// - Parameter time: seconds since 1970, which TensorBoard shows.
    public func writeEvents(to path: String, at time: Double) throws(VireoError) {
        var graph = WireMessage()
        for node in nodes {
            let attributes = node.attributes.filter { if case .tensor = $0.value { false } else { true } }
            let light = NodeDef(
                node.name, op: node.op, inputs: node.inputs, controlInputs: node.controlInputs, device: node.device,
                attributes: attributes)
            graph.message(1, try WireMessage(light))
        }
        let file = try AtomicFile(path: path)
        var version = WireMessage()
        version.double(1, time)
        version.text(3, "brain.Event:2")
        try file.writeRecord(version)
        var event = WireMessage()
        event.double(1, time)
        event.bytes(4, try graph.collected())
        try file.writeRecord(event)
        try file.commit()
    }
}

extension AtomicFile {
    fileprivate func writeRecord(_ message: WireMessage) throws(VireoError) {
        let bytes = try message.collected()
        let length = AtomicFile.littleEndian(UInt64(bytes.count))
        try write(length)
        try write(AtomicFile.littleEndian(length.withUnsafeBytes { Checksum.masked($0) }))
        try write(bytes)
        try write(AtomicFile.littleEndian(bytes.withUnsafeBytes { Checksum.masked($0) }))
    }

    private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
    }
}
