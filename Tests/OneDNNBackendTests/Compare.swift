import Testing

/// Checks that every number of `actual` is within `tolerance` of `expected`, relative to the largest of them (at least
/// 1).
func expectClose(
    _ actual: [Float], _ expected: Naive.DoubleTensor, tolerance: Double = 2e-6,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.elements.count else {
        Issue.record("\(actual.count) elements for shape \(expected.shape)", sourceLocation: sourceLocation)
        return
    }
    let scale = max(expected.elements.lazy.map(abs).max() ?? 0, 1)
    var worst = 0.0
    var place = 0
    for (index, (a, e)) in zip(actual, expected.elements).enumerated() {
        let error = a.isFinite || !e.isFinite ? abs(Double(a) - e) : .infinity
        if error > worst { (worst, place) = (error, index) }
    }
    #expect(
        worst <= tolerance * scale,
        "element \(Naive.coordinates(place, in: expected.shape)) of \(expected.shape): \(actual[place]) for \(expected.elements[place])",
        sourceLocation: sourceLocation)
}
