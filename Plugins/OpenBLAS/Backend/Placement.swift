import VireoPluginKit
import VireoTensor

/// Where each value of a program lives.
struct Placement: Sendable {
    enum Place: Sendable, Equatable {
        /// Nobody reads or writes it.
        case nowhere
        case arena(byteOffset: Int)
        case constant(value: Int, offset: Int)
        case input(Int, offset: Int)
        case output(Int, offset: Int)
    }

    /// A graph output that no kernel writes: a graph input, a constant, or a value that another output holds.
    struct Copy: Sendable, Equatable {
        let value: Int
        let output: Int
    }

    let places: [Place]
    let copies: [Copy]
    /// Where each step's scratch memory starts in the arena, in bytes.
    let workspaces: [Int]
    let arenaByteCount: Int

    init(_ program: Program, _ graph: GraphView, threads: Int) {
        var homes = Homes(graph)
        for step in program.steps {
            for view in step.kernel.views { homes.place(view) }
        }

        var lives: [Int: ClosedRange<Int>] = [:]
        for (index, step) in program.steps.enumerated() {
            for value in step.kernel.reads + step.kernel.writes {
                let root = homes.root(of: value).value
                lives[root] = (lives[root]?.lowerBound ?? index)...index
            }
        }
        let roots = lives.keys.filter { homes.isFree($0) }.sorted()
        let blocks = roots.map {
            ArenaPlan.Block(byteCount: homes.counts[$0] * 4, first: lives[$0]!.lowerBound, last: lives[$0]!.upperBound)
        }
        let scratch = program.steps.enumerated().map { index, step in
            ArenaPlan.Block(
                byteCount: step.kernel.workspaceCount(threads: threads) * 4, first: index, last: index)
        }
        let plan = ArenaPlan(blocks + scratch)
        let offsets = Dictionary(uniqueKeysWithValues: zip(roots, plan.offsets))
        workspaces = Array(plan.offsets[blocks.count...])
        arenaByteCount = plan.byteCount

        places = graph.values.indices.map { value in
            let (root, offset) = homes.root(of: value)
            switch homes.anchors[root] {
            case .input(let index): return .input(index, offset: offset)
            case .output(let index): return .output(index, offset: offset)
            case .constant: return .constant(value: root, offset: offset)
            case nil: return offsets[root].map { .arena(byteOffset: $0 + offset * 4) } ?? .nowhere
            }
        }
        copies = graph.outputs.indices.compactMap { index in
            let value = graph.outputs[index]
            return homes.anchors[value] == .output(index) ? nil : Copy(value: value, output: index)
        }
    }

    /// Which values live inside others.
    private struct Homes {
        enum Anchor: Equatable {
            case input(Int)
            case output(Int)
            case constant
        }

        /// Memory that is given rather than planned.
        private(set) var anchors: [Anchor?]
        let counts: [Int]
        private var homes: [(value: Int, offset: Int)?]

        init(_ graph: GraphView) {
            counts = graph.values.map { $0.shape.shape?.elementCount ?? 0 }
            homes = graph.values.map { _ in nil }
            anchors = graph.values.map { $0.constant == nil ? nil : .constant }
            for (index, value) in graph.inputs.enumerated() { anchors[value] = .input(index) }
            for (index, value) in graph.outputs.enumerated() where anchors[value] == nil {
                anchors[value] = .output(index)
            }
        }

        func isFree(_ value: Int) -> Bool { anchors[value] == nil }

        /// The value whose memory holds `value`, and from which of its elements on.
        func root(of value: Int) -> (value: Int, offset: Int) {
            var (root, offset) = (value, 0)
            while let home = homes[root] { (root, offset) = (home.value, offset + home.offset) }
            return (root, offset)
        }

        /// Lets the two tensors share memory where nothing else has decided about the part's, or the whole's if the
        /// part is all of it.
        mutating func place(_ view: TensorView) {
            if !put(view.part, into: view.whole, at: view.offset), counts[view.part] == counts[view.whole] {
                _ = put(view.whole, into: view.part, at: 0)
            }
        }

        private mutating func put(_ value: Int, into whole: Int, at offset: Int) -> Bool {
            let root = root(of: value)
            guard root.offset == 0, counts[root.value] == counts[value], isFree(root.value),
                self.root(of: whole).value != root.value
            else { return false }
            homes[root.value] = (whole, offset)
            return true
        }
    }
}
