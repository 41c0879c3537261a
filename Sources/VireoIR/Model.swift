import VireoTensor

/// A computation graph: parameters, constants, operations and results, with the type of every value.
///
/// A model is a value: copies are independent. Every change keeps the types inferred and the uses indexed.
public struct Model: Sendable {
    public var name: String
    /// In the order of the model's inputs and outputs.
    public private(set) var parameters: [NodeID] = []
    public private(set) var results: [NodeID] = []
    /// The model's own `rt_info`.
    public var runtimeInfo: [RuntimeInfo] = []

    private var slots: [Node?] = []
    private var uses: [[Use]] = []
    private var names: Set<String> = []
    /// Where the search for a free suffix goes on, so that many equal names stay cheap.
    private var suffixes: [String: Int] = [:]

    public init(name: String) { self.name = name }
}

// MARK: - Reading

extension Model {
    public subscript(id: NodeID) -> Node { slots[id.slot]! }

    public var nodeCount: Int { slots.count { $0 != nil } }

    /// Every node, in the order of addition.
    public var nodes: [Node] { slots.compactMap { $0 } }

    public func contains(_ id: NodeID) -> Bool { slots.indices.contains(id.slot) && slots[id.slot] != nil }

    public func node(named name: String) -> Node? { slots.lazy.compactMap { $0 }.first { $0.name == name } }

    public func type(of value: Output) -> ValueType { self[value.node].outputs[value.index].type }

    /// Who reads `value`.
    public func uses(of value: Output) -> [Use] {
        uses[value.node.slot].filter { slots[$0.node.slot]!.inputs[$0.index] == value }
    }

    /// Whether any output of the node is read.
    public func hasUses(_ id: NodeID) -> Bool { !uses[id.slot].isEmpty }

    /// The node that computes input number `index` of `node`.
    public func producer(of node: Node, _ index: Int) -> Node { self[node.inputs[index].node] }

    /// The one node that reads `value`, or nil when none or several do.
    public func soleUser(of value: Output) -> Node? {
        let uses = uses(of: value)
        guard uses.count == 1 else { return nil }
        return self[uses[0].node]
    }

    /// The tensor when `value` is a Constant's.
    public func constant(_ value: Output) -> Tensor? { (self[value.node].operation as? Constant)?.tensor }

    /// The tensor when inference knows it: a Constant's, or the result of shape arithmetic.
    public func knownValue(_ value: Output) -> Tensor? { self[value.node].outputs[value.index].knownValue }

    /// The nodes so that each comes after those it reads from; otherwise in the order of addition.
    /// - Throws: `invalidArgument` naming the nodes of a cycle.
    public func topologicalOrder() throws(VireoError) -> [NodeID] {
        // Inputs are counted one by one, as uses are: a node may read a value twice.
        var pending = slots.indices.map { slots[$0]?.inputs.count ?? 0 }
        let present = slots.indices.filter { contains(NodeID(slot: $0)) }
        var queue = SlotHeap(present.filter { pending[$0] == 0 })
        var order: [NodeID] = []
        order.reserveCapacity(present.count)
        while let slot = queue.popSmallest() {
            order.append(NodeID(slot: slot))
            for use in uses[slot] {
                pending[use.node.slot] -= 1
                if pending[use.node.slot] == 0 { queue.insert(use.node.slot) }
            }
        }
        guard order.count == present.count else {
            let stuck = slots.compactMap { $0 }.filter { pending[$0.id.slot] > 0 }.prefix(8).map { "\"\($0.name)\"" }
            throw VireoError(.invalidArgument, "the graph has a cycle through " + stuck.joined(separator: ", "))
        }
        return order
    }
}

// MARK: - Changing

extension Model {
    /// Adds a node and infers the types of its outputs.
    /// - Parameter name: made unique by a suffix when it is taken.
    /// - Throws: `invalidArgument` with the node and its inputs when they do not fit the operation.
    @discardableResult
    public mutating func add(
        _ operation: any Operation, _ inputs: [Output] = [], name: String
    ) throws(VireoError) -> NodeID {
        let id = NodeID(slot: slots.count)
        let unique = uniqueName(name)
        let outputs = try infer(operation, inputs, name: unique)
        slots.append(Node(id: id, name: unique, operation: operation, inputs: inputs, outputs: outputs))
        uses.append([])
        reserve(unique, for: name)
        for (index, input) in inputs.enumerated() { uses[input.node.slot].append(Use(id, index)) }
        if operation is Parameter { parameters.append(id) }
        if operation is Result { results.append(id) }
        return id
    }

    /// Adds a Constant and returns its value.
    public mutating func addConstant(_ tensor: Tensor, name: String) throws(VireoError) -> Output {
        Output(try add(Constant(tensor), name: name))
    }

    /// A name that no node has: `name`, or `name_1`, `name_2`, …
    public func uniqueName(_ name: String) -> String {
        guard names.contains(name) else { return name }
        var number = suffixes[name] ?? 1
        while names.contains("\(name)_\(number)") { number += 1 }
        return "\(name)_\(number)"
    }

    public mutating func rename(_ id: NodeID, to name: String) {
        guard self[id].name != name else { return }
        names.remove(self[id].name)
        let unique = uniqueName(name)
        reserve(unique, for: name)
        slots[id.slot]!.name = unique
    }

    private mutating func reserve(_ unique: String, for name: String) {
        names.insert(unique)
        if unique != name { suffixes[name, default: 1] += 1 }
    }

    public mutating func setTensorNames(_ tensorNames: [String], of value: Output) {
        slots[value.node.slot]!.outputs[value.index].tensorNames = tensorNames
    }

    public mutating func setRuntimeInfo(_ info: [RuntimeInfo], of id: NodeID) { slots[id.slot]!.runtimeInfo = info }

    public mutating func setRuntimeInfo(_ info: [RuntimeInfo], of value: Output) {
        slots[value.node.slot]!.outputs[value.index].runtimeInfo = info
    }

    /// Makes everyone who reads `old` read `new`. Tensor names move along, and the name of the old node too when `new`
    /// takes its place at a result, so that outputs keep the names that people know.
    public mutating func replaceUses(of old: Output, with new: Output, keepingNames: Bool = true) {
        guard old != new else { return }
        for use in uses(of: old) where use.node != new.node { redirect(use, to: new) }
        if keepingNames {
            let moved = self[old.node].outputs[old.index].tensorNames
            slots[old.node.slot]!.outputs[old.index].tensorNames = []
            slots[new.node.slot]!.outputs[new.index].tensorNames += moved
        }
    }

    public mutating func setInput(_ use: Use, to value: Output) { redirect(use, to: value) }

    /// Gives a node another operation and other inputs, and infers its outputs again.
    public mutating func replace(
        _ id: NodeID, with operation: any Operation, inputs: [Output]? = nil
    ) throws(VireoError) {
        let inputs = inputs ?? self[id].inputs
        let outputs = labelled(try infer(operation, inputs, name: self[id].name), as: id)
        for (index, input) in self[id].inputs.enumerated() { removeUse(Use(id, index), of: input) }
        for (index, input) in inputs.enumerated() { uses[input.node.slot].append(Use(id, index)) }
        slots[id.slot]!.operation = operation
        slots[id.slot]!.inputs = inputs
        slots[id.slot]!.outputs = outputs
    }

    /// Removes a node that nobody reads.
    public mutating func remove(_ id: NodeID) {
        precondition(!hasUses(id), "node \(self[id].label) is still read")
        for (index, input) in self[id].inputs.enumerated() { removeUse(Use(id, index), of: input) }
        names.remove(self[id].name)
        parameters.removeAll { $0 == id }
        results.removeAll { $0 == id }
        slots[id.slot] = nil
    }

    /// Removes every node that no result and no variable depends on. Parameters stay: they are the model's interface.
    public mutating func removeDeadNodes() {
        var dead = slots.indices.filter { uses[$0].isEmpty && slots[$0] != nil }.map { NodeID(slot: $0) }
        while let id = dead.popLast() {
            guard contains(id), !hasUses(id), !self[id].isKept else { continue }
            let inputs = Set(self[id].inputs.map(\.node))
            remove(id)
            dead += inputs.filter { !hasUses($0) }
        }
    }

    /// The order of inputs and outputs. Both lists are permutations of what they replace.
    public mutating func reorder(parameters: [NodeID], results: [NodeID]) {
        precondition(Set(parameters) == Set(self.parameters) && Set(results) == Set(self.results))
        self.parameters = parameters
        self.results = results
    }

    /// Infers the types of all values afresh, in topological order.
    public mutating func inferTypes() throws(VireoError) {
        for id in try topologicalOrder() {
            let outputs = try infer(self[id].operation, self[id].inputs, name: self[id].name)
            slots[id.slot]!.outputs = labelled(outputs, as: id)
        }
    }

    /// `outputs` with the names and annotations that the node's outputs have now.
    private func labelled(_ outputs: [OutputPort], as id: NodeID) -> [OutputPort] {
        var outputs = outputs
        for (index, current) in self[id].outputs.enumerated() where index < outputs.count {
            outputs[index].tensorNames = current.tensorNames
            outputs[index].runtimeInfo = current.runtimeInfo
        }
        return outputs
    }

    private mutating func redirect(_ use: Use, to value: Output) {
        removeUse(use, of: self[use.node].inputs[use.index])
        slots[use.node.slot]!.inputs[use.index] = value
        uses[value.node.slot].append(use)
    }

    private mutating func removeUse(_ use: Use, of value: Output) {
        if let index = uses[value.node.slot].firstIndex(of: use) { uses[value.node.slot].remove(at: index) }
    }

    /// Keeps extents so small that shape inference can add them without overflow.
    private func checkExtents(of type: ValueType) throws(VireoError) {
        let largest = 1 << 48
        for dimension in type.shape.dimensions ?? [] {
            guard dimension.lower >= 0, dimension.lower <= largest, dimension.upper ?? largest <= largest,
                dimension.lower <= dimension.upper ?? largest
            else {
                throw VireoError(.invalidArgument, "an output of shape \(type.shape), which cannot exist")
            }
        }
    }

    private func infer(
        _ operation: any Operation, _ inputs: [Output], name: String
    ) throws(VireoError) -> [OutputPort] {
        for input in inputs {
            guard contains(input.node), self[input.node].outputs.indices.contains(input.index) else {
                throw VireoError(
                    .invalidArgument, "an input that is no output of another node", in: ["node \"\(name)\""])
            }
        }
        let types = inputs.map { type(of: $0) }
        do {
            let known = InferenceInputs(types, constants: inputs.map { knownValue($0) })
            let outputs = try operation.inferOutputs(known)
            for output in outputs { try checkExtents(of: output) }
            if let constant = operation as? Constant {
                return [OutputPort(type: outputs[0], knownValue: constant.tensor)]
            }
            let values = KnownValues.outputs(of: operation, known, types: outputs)
            return zip(outputs, values).map { OutputPort(type: $0, knownValue: $1) }
        } catch {
            let place =
                "node \"\(name)\" (\(operation.type)) with inputs " + types.map(\.description).joined(separator: ", ")
            guard let error = error as? VireoError else {
                throw VireoError(.internalError, "\(error)", in: [place])
            }
            throw error.adding(context: place)
        }
    }
}

/// A binary heap of slots, so that the topological order is the same on every run.
private struct SlotHeap {
    private var heap: [Int]

    init(_ sorted: [Int]) { heap = sorted }

    mutating func insert(_ slot: Int) {
        heap.append(slot)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popSmallest() -> Int? {
        guard let smallest = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return smallest }
        heap[0] = last
        var parent = 0
        while true {
            let (left, right) = (2 * parent + 1, 2 * parent + 2)
            var least = parent
            if left < heap.count, heap[left] < heap[least] { least = left }
            if right < heap.count, heap[right] < heap[least] { least = right }
            if least == parent { return smallest }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
