import VireoTensor

/// Something that a detector found in an image.
public struct Detection: Sendable, Equatable {
    public let classID: Int
    /// 0 to 1.
    public let confidence: Double
    /// Corners in parts of the image's width and height; a detector may give values outside 0...1.
    public let left: Double
    public let top: Double
    public let right: Double
    public let bottom: Double

    /// What a detector found in each image of a batch, in the detector's order.
    ///
    /// Two forms are known: one output [1,1,N,7] whose rows are image, class, confidence and the corners x1, y1, x2, y2
    /// (an image of -1 ends the list), as DetectionOutput makes it; and the four outputs of TensorFlow's Object
    /// Detection API, detection_boxes [B,N,4] (y1, x1, y2, x2), detection_scores [B,N], detection_classes [B,N] and
    /// num_detections [B].
    /// - Parameters:
    ///   - outputs: the network's outputs.
    ///   - names: what each output may be called: its node and its tensors.
    ///   - images: the network's batch.
    /// - Throws: `unsupported` for outputs of another form.
    public static func batch(_ outputs: [Tensor], names: [[String]], images: Int) throws -> [[Detection]] {
        if let rows = outputs.first(where: { $0.shape.rank == 4 && $0.shape.dimensions.last == 7 }) {
            return try rowsOfSeven(rows, images)
        }
        func output(_ name: String) -> Tensor? {
            names.firstIndex { $0.contains { $0.split(separator: "/").last?.hasPrefix(name) ?? false } }
                .flatMap { outputs.indices.contains($0) ? outputs[$0] : nil }
        }
        if let boxes = output("detection_boxes"), let scores = output("detection_scores"),
            let classes = output("detection_classes")
        {
            return try separateLists(boxes, scores, classes, counts: output("num_detections"), images)
        }
        let shapes = outputs.map { "\($0.elementType)\($0.shape)" }.joined(separator: ", ")
        throw VireoError(
            .unsupported, "the outputs \(shapes) are not those of a detector that is known",
            remedy: "known are one output [1,1,N,7], and detection_boxes, detection_scores and detection_classes")
    }

    private static func rowsOfSeven(_ output: Tensor, _ images: Int) throws -> [[Detection]] {
        let values = try output.doubles()
        var found = [[Detection]](repeating: [], count: images)
        for start in stride(from: 0, to: values.count - 6, by: 7) {
            let row = values[start..<start + 7]
            guard let image = Int(exactly: row[start]), let label = Int(exactly: row[start + 1].rounded()), image >= 0
            else { break }
            guard image < images else {
                throw VireoError(.unsupported, "a detection in image \(image) of a batch of \(images)")
            }
            found[image].append(
                Detection(
                    classID: label, confidence: row[start + 2], left: row[start + 3], top: row[start + 4],
                    right: row[start + 5], bottom: row[start + 6]))
        }
        return found
    }

    private static func separateLists(
        _ boxes: Tensor, _ scores: Tensor, _ classes: Tensor, counts: Tensor?, _ images: Int
    ) throws -> [[Detection]] {
        let perImage = scores.elementCount / max(images, 1)
        guard scores.elementCount == images * perImage, classes.elementCount == scores.elementCount,
            boxes.elementCount == 4 * scores.elementCount, counts.map({ $0.elementCount == images }) ?? true
        else {
            throw VireoError(
                .unsupported,
                "boxes \(boxes.shape), scores \(scores.shape) and classes \(classes.shape) do not belong together")
        }
        let (corners, confidences, labels) = (try boxes.doubles(), try scores.doubles(), try classes.doubles())
        let limits = try counts?.doubles()
        return (0..<images).map { image in
            let limit = limits.map { $0[image] > 0 ? Int(min($0[image], Double(perImage))) : 0 } ?? perImage
            return (image * perImage..<image * perImage + limit).compactMap { index in
                guard let label = Int(exactly: labels[index].rounded()) else { return nil }
                return Detection(
                    classID: label, confidence: confidences[index], left: corners[4 * index + 1],
                    top: corners[4 * index], right: corners[4 * index + 3], bottom: corners[4 * index + 2])
            }
        }
    }
}
