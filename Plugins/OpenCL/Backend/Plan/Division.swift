import VireoKernels
import VireoPluginKit
import VireoTensor

/// How the outputs of a convolution or matrix product are divided among work-items.
enum Division: Equatable, Sendable {
    /// Each work-item reads what it needs by itself; the size of the groups.
    case items([Int])
    /// Groups share tiles of both factors in local memory.
    case tile(Tile)
    /// Groups share what a window of the output needs of a depthwise convolution's input.
    case window(width: Int, height: Int)
    /// Groups share the depth of a matrix product with few rows.
    case split

    var name: String {
        switch self {
        case .items(let group): group.map(String.init).joined(separator: "x")
        case .tile(let tile): "tile \(tile.name)"
        case .window(let width, let height): "window \(width)x\(height)"
        case .split: "split"
        }
    }
}

/// The size of the tiles that work-groups share, which is compiled into kernels of their own: see tiled.cl.
struct Tile: Equatable, Sendable {
    /// Work-items of a group along the rows of the result, which are output channels; each computes VIREO_ROWS.
    let itemRows: Int
    /// Work-items of a group along the columns, which are pixels; each computes `vectors` times four.
    let itemColumns: Int
    let vectors: Int

    /// From the largest, which reads least memory, to the smallest, of which small layers have enough for all of a
    /// device.
    static let all = [
        Tile(itemRows: 16, itemColumns: 16, vectors: 2), Tile(itemRows: 8, itemColumns: 16, vectors: 2),
        Tile(itemRows: 8, itemColumns: 8, vectors: 2), Tile(itemRows: 8, itemColumns: 8, vectors: 1),
        Tile(itemRows: 4, itemColumns: 8, vectors: 1),
    ]

    var rows: Int { itemRows * Int(VIREO_ROWS) }
    var columns: Int { itemColumns * vectors * 4 }
    /// Rows and columns: "64x32".
    var name: String { "\(rows)x\(columns)" }

    /// Two steps of both factors: one that is computed with and one that is fetched.
    private var localByteCount: Int { 2 * Int(VIREO_DEPTH) * (rows + columns) * MemoryLayout<Float>.stride }

    func fits(_ device: Device) -> Bool {
        itemRows * itemColumns <= device.largestGroup && localByteCount <= device.localMemoryByteCount
    }

    /// Groups that compute so many outputs.
    fileprivate func groupCount(rows: Int, columns: Int, matrices: Int) -> Int {
        ((rows - 1) / self.rows + 1) * ((columns - 1) / self.columns + 1) * matrices
    }
}

extension PlanBuilder {
    /// The ways to divide `matrices` results of `rows` x `columns`. The first one is the table's: the largest tile of
    /// which every compute unit gets one, and without local memory the device's usual group.
    func divisions(rows: Int, columns: Int, matrices: Int) -> [Division] {
        if let chosen = options.division { return [chosen] }
        let groups = device.groups.map(Division.items)
        let tiles = form.sharesLocalMemory ? Tile.all.filter { $0.fits(device) } : []
        let isEnough = { (tile: Tile) in
            tile.groupCount(rows: rows, columns: columns, matrices: matrices) >= self.device.computeUnitCount
        }
        guard let usual = tiles.first(where: isEnough) ?? tiles.last else { return groups }
        return [.tile(usual)] + tiles.filter { $0 != usual }.map(Division.tile) + groups
    }

    /// The same for a matrix product with few rows.
    var thinDivisions: [Division] {
        if case .items(let group)? = options.division { return [.items(group)] }
        let groups = device.groups.map(Division.items)
        guard form.sharesLocalMemory else { return groups }
        return options.division == nil ? [.split] + groups : [.split]
    }

    /// The same for a depthwise convolution with rows of `columns` outputs. A window of `width` x `height` outputs
    /// needs `byteCount(width, height)` bytes of local memory.
    func depthwiseDivisions(columns: Int, _ byteCount: (_ width: Int, _ height: Int) -> Int) -> [Division] {
        if case .items(let group)? = options.division { return [.items(group)] }
        let groups = device.groups.map(Division.items)
        guard form.sharesLocalMemory else { return groups }
        let windows = [(width: 32, height: 8), (16, 16), (8, 8)].filter {
            byteCount($0.width, $0.height) <= device.localMemoryByteCount
        }
        // The usual window is not twice as wide as the rows.
        let (narrow, wide) = (windows.filter { $0.width < 2 * columns }, windows.filter { $0.width >= 2 * columns })
        let divisions = (narrow + wide.reversed()).map { Division.window(width: $0.width, height: $0.height) }
        return divisions.isEmpty || options.division == nil ? divisions + groups : divisions
    }

    /// Runs `kernel` on `matrices` results of `rows` x `columns`.
    func run(
        _ kernel: String, _ arguments: [Argument], rows: Int, columns: Int, matrices: Int, by division: Division
    ) {
        switch division {
        case .tile(let tile):
            let items = [
                (columns - 1) / tile.columns * tile.itemColumns + 1, (rows - 1) / tile.rows * tile.itemRows + 1,
                matrices,
            ]
            run("\(kernel)_\(tile.name)", arguments, WorkSize(items, local: [tile.itemColumns, tile.itemRows, 1]))
        case .items(let group):
            let items = [(columns - 1) / lanes + 1, (rows - 1) / Int(VIREO_ROWS) + 1, matrices]
            run(kernel, arguments, WorkSize(items, local: group))
        case .window, .split: preconditionFailure("\(division.name) is no division of \(kernel)")
        }
    }
}

extension Device {
    /// Groups of work-items that share nothing but caches, the usual one first.
    var groups: [[Int]] { kind == .cpu ? [[8, 1, 1]] : Device.wideGroups }

    static let wideGroups = [[64, 1, 1], [32, 2, 1], [16, 4, 1], [8, 8, 1]]
}
