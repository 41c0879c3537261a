import VireoTensor

extension ConversionOptions {
    /// `[1,224,224,3],(2,4)`: one shape for each bracket; `?` and `-1` are unknown dimensions.
    public static func shapes(parsing text: String) throws(VireoError) -> [PartialShape] {
        var shapes: [PartialShape] = []
        for item in try items(of: text, flag: "--input_shape") {
            guard item.name.isEmpty, let body = item.body else { throw syntax("--input_shape", text) }
            shapes.append(try shape(body, in: text))
        }
        return shapes
    }

    /// `0:node1[3 4],node2:1[2]{i32}->[20 15]`
    public static func inputs(parsing text: String) throws(VireoError) -> [InputSpecification] {
        var inputs: [InputSpecification] = []
        for part in split(text) {
            var rest = part[...]
            var specification = InputSpecification(PortSpecification(""))
            if let arrow = rest.firstRange(of: "->") {
                specification.value = try numbers(trimmingBrackets(rest[arrow.upperBound...]), in: text)
                rest = rest[..<arrow.lowerBound]
            }
            if let open = rest.firstIndex(of: "{"), let close = rest.lastIndex(of: "}"), open < close {
                let name = trimmed(rest[rest.index(after: open)..<close])
                guard let type = ElementType.allCases.first(where: { "\($0)" == name }), type.byteWidth != nil else {
                    throw VireoError(
                        .invalidArgument, "\"\(name)\" in --input is no element type",
                        remedy: "use one of f64 f32 f16 i64 i32 u8 boolean", faq: 57)
                }
                specification.elementType = type
                rest = rest[..<open] + rest[rest.index(after: close)...]
            }
            if let open = rest.firstIndex(where: { $0 == "[" || $0 == "(" }) {
                guard let last = rest.last, last == "]" || last == ")" else { throw syntax("--input", text) }
                specification.shape = try shape(String(rest[rest.index(after: open)...].dropLast()), in: text)
                rest = rest[..<open]
            }
            inputs.append(
                InputSpecification(
                    try PortSpecification(parsing: trimmed(rest)), shape: specification.shape,
                    elementType: specification.elementType, value: specification.value))
        }
        return inputs
    }

    /// `name,other:1,0:third`
    public static func outputs(parsing text: String) throws(VireoError) -> [PortSpecification] {
        var outputs: [PortSpecification] = []
        for part in split(text) { outputs.append(try PortSpecification(parsing: trimmed(part[...]))) }
        return outputs
    }

    /// `data(1,2,3),info[4,5,6]` or `(1,2,3),[4,5,6]`
    public static func channelValues(parsing text: String, flag: String) throws(VireoError) -> ChannelValues {
        let items = try items(of: text, flag: flag)
        var named: [ChannelValues.Named] = []
        var positional: [[Double]] = []
        for item in items {
            guard let body = item.body else { throw syntax(flag, text) }
            let values = try numbers(body[...], in: text)
            guard !values.isEmpty else { throw syntax(flag, text) }
            if item.name.isEmpty {
                positional.append(values)
            } else {
                named.append(ChannelValues.Named(input: item.name, values: values))
            }
        }
        guard named.isEmpty || positional.isEmpty else {
            throw VireoError(
                .invalidArgument, "\(flag) mixes lists with and without an input's name: \(text)",
                remedy: "name every input, or none", faq: 101)
        }
        return named.isEmpty ? .positional(positional) : .named(named)
    }

    /// `is_training->False,keep_prob->[1.0]`
    /// - Throws: `invalidArgument` for an item without an arrow, and for two values of one Placeholder that differ.
    public static func frozenPlaceholders(parsing text: String) throws(VireoError) -> [String: [Double]] {
        var values: [String: [Double]] = [:]
        for part in split(text) {
            guard let arrow = part[...].firstRange(of: "->") else {
                throw syntax("--freeze_placeholder_with_value", text)
            }
            let name = trimmed(part[..<arrow.lowerBound])
            let numbers = try numbers(trimmingBrackets(part[arrow.upperBound...]), in: text)
            guard !name.isEmpty, !numbers.isEmpty else { throw syntax("--freeze_placeholder_with_value", text) }
            if let earlier = values.updateValue(numbers, forKey: name), earlier != numbers {
                throw VireoError(
                    .invalidArgument, "--freeze_placeholder_with_value gives \"\(name)\" two values",
                    remedy: "give it one")
            }
        }
        return values
    }

    // MARK: Pieces

    private struct Item {
        let name: String
        let body: String?
    }

    /// The comma-separated parts outside brackets, each as a name and what its bracket holds.
    private static func items(of text: String, flag: String) throws(VireoError) -> [Item] {
        var items: [Item] = []
        for part in split(text) {
            let part = trimmed(part[...])
            guard let open = part.firstIndex(where: { $0 == "[" || $0 == "(" }) else {
                items.append(Item(name: part, body: nil))
                continue
            }
            guard let last = part.last, last == "]" || last == ")" else { throw syntax(flag, text) }
            let body = String(part[part.index(after: open)...].dropLast())
            guard !body.contains(where: { "[]()".contains($0) }) else { throw syntax(flag, text) }
            items.append(Item(name: trimmed(part[..<open]), body: body))
        }
        guard !items.isEmpty else { throw syntax(flag, text) }
        return items
    }

    private static func split(_ text: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var depth = 0
        for character in text {
            if "[({".contains(character) { depth += 1 }
            if "])}".contains(character) { depth -= 1 }
            if character == ",", depth == 0 {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty || !parts.isEmpty { parts.append(current) }
        return parts
    }

    private static func shape(_ body: String, in text: String) throws(VireoError) -> PartialShape {
        var dimensions: [Dimension] = []
        for word in words(body[...]) {
            if word == "?" || word == "-1" {
                dimensions.append(.dynamic)
            } else if let extent = Int(word), extent >= 0 {
                dimensions.append(Dimension(extent))
            } else {
                throw syntax("--input_shape", text)
            }
        }
        return .ranked(dimensions)
    }

    private static func numbers(_ body: Substring, in text: String) throws(VireoError) -> [Double] {
        var numbers: [Double] = []
        for word in words(body) {
            switch word.lowercased() {
            case "true": numbers.append(1)
            case "false": numbers.append(0)
            default:
                guard let number = Double(word), number.isFinite else {
                    throw VireoError(.invalidArgument, "\"\(word)\" in \"\(text)\" is no number", faq: 57)
                }
                numbers.append(number)
            }
        }
        return numbers
    }

    private static func words(_ body: Substring) -> [String] {
        body.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
    }

    private static func trimmingBrackets(_ text: Substring) -> Substring {
        let body = trimmed(text)
        guard let first = body.first, let last = body.last, "[(".contains(first), "])".contains(last), body.count >= 2
        else { return body[...] }
        return body.dropFirst().dropLast()
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    private static func syntax(_ flag: String, _ text: String) -> VireoError {
        VireoError(
            .invalidArgument, "\(flag) cannot be read: \"\(text)\"",
            remedy: "write lists in brackets, as in [1,224,224,3] or data[1,2,3]", faq: 57)
    }
}

extension Substring {
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return index..<self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
