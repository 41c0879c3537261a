import CVireoPlugin
import VireoTensor

extension PluginHost {
    /// The functions of every host table; only the address of the table tells plugins apart.
    static var api: vireo_host_api {
        vireo_host_api(
            struct_size: MemoryLayout<vireo_host_api>.size, extensions: nil, abi_major: VIREO_ABI_MAJOR,
            abi_minor: VIREO_ABI_MINOR, status_create: statusCreate, status_release: statusRelease,
            status_code: statusCode, status_message: statusMessage, allocate: hostAllocate,
            deallocate: hostDeallocate, log: hostLog, graph_node_count: graphNodeCount, graph_node: graphNode,
            graph_input_count: graphInputCount,
            graph_input: graphInput, graph_output_count: graphOutputCount, graph_output: graphOutput,
            value_count: valueCount, value_info: valueInfo, value_constant: valueConstant, node_op_type: nodeOpType,
            node_opset: nodeOpset, node_name: nodeName, node_input_count: nodeInputCount, node_input: nodeInput,
            node_output_count: nodeOutputCount, node_output: nodeOutput, node_attribute_count: nodeAttributeCount,
            node_attribute: nodeAttribute, value_fingerprint: valueFingerprint, value_unload: valueUnload,
            node_body_count: nodeBodyCount, node_body: nodeBody)
    }
}

private typealias Table = UnsafePointer<vireo_host_api>

// MARK: - Statuses, memory, log

private func statusCreate(_ host: Table?, _ code: Int32, _ message: UnsafePointer<CChar>?) -> OpaquePointer? {
    PluginHost.of(host).makeStatus(code, message).handle
}

private func statusRelease(_ host: Table?, _ status: OpaquePointer?) {
    guard let status, status != PluginStatus.outOfMemory.handle else { return }
    PluginHost.of(host).release(.of(status))
}

private func statusCode(_ status: OpaquePointer?) -> Int32 { PluginStatus.of(status).code }

private func statusMessage(_ status: OpaquePointer?) -> UnsafePointer<CChar>? {
    UnsafePointer(PluginStatus.of(status).message)
}

private func hostAllocate(_ host: Table?, _ size: Int, _ alignment: Int) -> UnsafeMutableRawPointer? {
    PluginHost.of(host).allocate(size, alignment: alignment)
}

private func hostDeallocate(_ host: Table?, _ memory: UnsafeMutableRawPointer?) {
    PluginHost.of(host).deallocate(memory)
}

private func hostLog(_ host: Table?, _ level: Int32, _ message: UnsafePointer<CChar>?) {
    PluginHost.of(host).log(LogLevel(rawValue: level) ?? .info, message.map { String(cString: $0) } ?? "")
}

// MARK: - Graphs

private func graphRecord(_ graph: OpaquePointer?) -> HostGraph.Record {
    UnsafePointer<HostGraph.Record>(graph!).pointee
}

private func graphNodeCount(_ graph: OpaquePointer?) -> Int { graphRecord(graph).nodes.count }

private func graphNode(_ graph: OpaquePointer?, _ index: Int) -> OpaquePointer? {
    let nodes = graphRecord(graph).nodes
    return nodes.indices.contains(index) ? OpaquePointer(nodes.baseAddress! + index) : nil
}

private func graphInputCount(_ graph: OpaquePointer?) -> Int { graphRecord(graph).inputs.count }

private func graphInput(_ graph: OpaquePointer?, _ index: Int) -> Int32 { element(graphRecord(graph).inputs, index) }

private func graphOutputCount(_ graph: OpaquePointer?) -> Int { graphRecord(graph).outputs.count }

private func graphOutput(_ graph: OpaquePointer?, _ index: Int) -> Int32 { element(graphRecord(graph).outputs, index) }

private func valueCount(_ graph: OpaquePointer?) -> Int { graphRecord(graph).values.count }

private func valueInfo(_ graph: OpaquePointer?, _ value: Int32, _ info: UnsafeMutablePointer<vireo_tensor_info>?) {
    let values = graphRecord(graph).values
    guard let info, values.indices.contains(Int(value)) else { return }
    guard info.pointee.struct_size >= MemoryLayout<vireo_tensor_info>.size else { return }
    info.pointee.element_type = values[Int(value)].elementType
    info.pointee.rank = values[Int(value)].rank
    info.pointee.dims = values[Int(value)].dims
}

private func valueConstant(
    _ graph: OpaquePointer?, _ value: Int32, _ byteCount: UnsafeMutablePointer<Int>?
) -> UnsafeRawPointer? {
    let values = graphRecord(graph).values
    guard values.indices.contains(Int(value)), let bytes = values[Int(value)].constant else { return nil }
    byteCount?.pointee = values[Int(value)].byteCount
    return bytes
}

private func tensor(_ graph: OpaquePointer?, _ value: Int32) -> Tensor? {
    let record = graphRecord(graph)
    guard record.values.indices.contains(Int(value)), let index = record.values[Int(value)].constantIndex else {
        return nil
    }
    return record.constants.takeUnretainedValue().tensors[index]
}

private func valueFingerprint(
    _ graph: OpaquePointer?, _ value: Int32, _ fingerprint: UnsafeMutablePointer<UInt8>?
) -> Bool {
    guard let found = tensor(graph, value)?.fingerprint, let fingerprint else { return false }
    let halves = (found.high.littleEndian, found.low.littleEndian)
    withUnsafeBytes(of: halves) {
        UnsafeMutableRawPointer(fingerprint).copyMemory(from: $0.baseAddress!, byteCount: 16)
    }
    return true
}

private func valueUnload(_ graph: OpaquePointer?, _ value: Int32) { tensor(graph, value)?.unload() }

// MARK: - Nodes

private func nodeRecord(_ node: OpaquePointer?) -> HostGraph.NodeRecord {
    UnsafePointer<HostGraph.NodeRecord>(node!).pointee
}

private func element(_ list: UnsafeBufferPointer<Int32>, _ index: Int) -> Int32 {
    list.indices.contains(index) ? list[index] : -1
}

private func nodeOpType(_ node: OpaquePointer?) -> UnsafePointer<CChar>? { nodeRecord(node).opType }

private func nodeOpset(_ node: OpaquePointer?) -> UnsafePointer<CChar>? { nodeRecord(node).opset }

private func nodeName(_ node: OpaquePointer?) -> UnsafePointer<CChar>? { nodeRecord(node).name }

private func nodeInputCount(_ node: OpaquePointer?) -> Int { nodeRecord(node).inputs.count }

private func nodeInput(_ node: OpaquePointer?, _ index: Int) -> Int32 { element(nodeRecord(node).inputs, index) }

private func nodeOutputCount(_ node: OpaquePointer?) -> Int { nodeRecord(node).outputs.count }

private func nodeOutput(_ node: OpaquePointer?, _ index: Int) -> Int32 { element(nodeRecord(node).outputs, index) }

private func nodeAttributeCount(_ node: OpaquePointer?) -> Int { nodeRecord(node).attributes.count }

private func nodeAttribute(
    _ node: OpaquePointer?, _ index: Int, _ attribute: UnsafeMutablePointer<vireo_attribute>?
) {
    let attributes = nodeRecord(node).attributes
    guard let attribute, attributes.indices.contains(index) else { return }
    let size = attribute.pointee.struct_size
    guard size >= MemoryLayout<vireo_attribute>.size else { return }
    attribute.pointee = attributes[index]
    attribute.pointee.struct_size = size
}

private func nodeBodyCount(_ node: OpaquePointer?) -> Int { nodeRecord(node).bodies.count }

private func nodeBody(_ node: OpaquePointer?, _ index: Int) -> OpaquePointer? {
    let bodies = nodeRecord(node).bodies
    return bodies.indices.contains(index) ? bodies[index] : nil
}
