import VireoPluginKit

/// Tensors that are parts of others: what a Concat joins is computed where the joined tensor is to be.
extension PlanBuilder {
    /// The buffer in whose memory `buffer` lies: itself unless it is a part of another.
    func root(of buffer: Int) -> Int {
        var buffer = buffer
        while case .part(let whole, _) = buffers[buffer].storage { buffer = whole }
        return buffer
    }

    func sharesMemory(_ first: Place, _ second: Place) -> Bool { root(of: first.buffer) == root(of: second.buffer) }

    /// Makes the steps that compute a tensor write it into a region of another, which nothing else writes.
    /// - Parameters:
    ///   - place: where the tensor is, in memory of its own.
    ///   - region: of the same extents, in a buffer of the arena.
    ///   - reader: the node that would copy it there, and that has no steps yet.
    /// - Returns: false where the tensor has to stay: others read or write it who cannot leave the distances of the
    ///   region between the elements.
    func move(_ place: Place, to region: Place, for reader: NodeView) -> Bool {
        let buffer = place.buffer
        guard case .arena = buffers[buffer].storage, root(of: region.buffer) != buffer, place.descriptor.offset == 0,
            buffers[buffer].byteCount == place.descriptor.byteCount
        else { return false }
        if place.descriptor.matches(region.descriptor.withoutOffset) {
            let byteOffset = region.descriptor.offset * region.descriptor.type.byteWidth
            buffers[buffer].storage = .part(of: region.buffer, byteOffset: byteOffset)
        } else {
            guard spread(place, over: region.descriptor, for: reader) else { return false }
            buffers[buffer].storage = .part(of: region.buffer, byteOffset: 0)
        }
        residents[root(of: buffer)] += residents[buffer]
        return true
    }

    /// Makes the steps that write a tensor leave the distances of `region` between its elements. Nothing may read it,
    /// now or later, but `reader`, once.
    private func spread(_ place: Place, over region: MemoryDescriptor, for reader: NodeView) -> Bool {
        let isRead = residents[place.buffer].contains { value in
            let consumers = graph.values[value].consumers
            return graph.values[value].isGraphOutput || consumers.count { $0 == reader.index } > 1
                || !consumers.allSatisfy { isLowered[$0] }
        }
        if isRead { return false }
        var layouts: [Int: MemoryDescriptor] = [:]
        for (index, part) in places.enumerated() where root(of: part.buffer) == place.buffer {
            guard isAtStart(part.buffer, of: place.buffer),
                let layout = part.descriptor.moved(from: place.descriptor, to: region)
            else { return false }
            layouts[index] = layout
        }
        var changed: [Int: StepDraft] = [:]
        for (index, step) in steps.enumerated() {
            if case .fill(let buffer, _) = step.work, root(of: buffer) == place.buffer { return false }
            for (operand, argument) in step.arguments.enumerated() {
                guard let layout = layouts[argument.place] else { continue }
                guard changed[index] == nil, let step = step.writing(operand, as: layout) else { return false }
                changed[index] = step
            }
        }
        for (index, step) in changed { steps[index] = step }
        for (index, layout) in layouts { places[index] = Place(buffer: places[index].buffer, descriptor: layout) }
        return true
    }

    /// Whether a part of `whole` counts its elements from the start of it.
    private func isAtStart(_ buffer: Int, of whole: Int) -> Bool {
        var buffer = buffer
        while buffer != whole {
            guard case .part(let next, byteOffset: 0) = buffers[buffer].storage else { return false }
            buffer = next
        }
        return true
    }

    /// Gives each part its place in the memory of the buffer that it lies in, once all those have theirs.
    func placeParts() {
        for buffer in buffers.indices {
            var (whole, distance) = (buffer, 0)
            while case .part(let next, let byteOffset) = buffers[whole].storage {
                (whole, distance) = (next, distance + byteOffset)
            }
            if whole == buffer { continue }
            switch buffers[whole].storage {
            case .arena(let offset): buffers[buffer].storage = .arena(offset: offset + distance)
            case .output(let index, let start):
                buffers[buffer].storage = .output(index, byteOffset: start + distance)
            default: preconditionFailure("a part of what is no result")
            }
        }
    }
}

extension StepDraft {
    /// The step with another layout of one of its operands; nil unless that is the result of a kernel that can do so.
    fileprivate func writing(_ operand: Int, as layout: MemoryDescriptor) -> StepDraft? {
        guard case .native(let kernel) = work, let changed = kernel.writing(operand, as: layout) else { return nil }
        return StepDraft(nodeName: nodeName, opType: opType, note: note, work: .native(changed), arguments: arguments)
    }
}
