/// Merges neighbouring dimensions that each of `strides` walks as one, and drops those of extent 1.
///
/// The dimensions count a dense row-major tensor; each list of strides walks another tensor in that order, with 0 along
/// broadcast dimensions.
func collapse(_ dims: [Int], _ strides: [[Int]]) -> (dims: [Int], strides: [[Int]]) {
    var merged: [Int] = []
    var mergedStrides = [[Int]](repeating: [], count: strides.count)
    for axis in dims.indices where dims[axis] != 1 {
        let continues =
            !merged.isEmpty
            && strides.indices.allSatisfy { mergedStrides[$0].last == strides[$0][axis] * dims[axis] }
        if continues {
            merged[merged.count - 1] *= dims[axis]
            for list in strides.indices { mergedStrides[list][merged.count - 1] = strides[list][axis] }
        } else {
            merged.append(dims[axis])
            for list in strides.indices { mergedStrides[list].append(strides[list][axis]) }
        }
    }
    return (merged, mergedStrides)
}

extension Array where Element == Int {
    /// The list with `filler` in front, up to `count` elements; nil when it is longer.
    func padded(to count: Int, with filler: Int) -> [Int]? {
        self.count > count ? nil : [Int](repeating: filler, count: count - self.count) + self
    }
}
