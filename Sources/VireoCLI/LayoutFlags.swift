import ArgumentParser
import Vireo

/// The flags that say what the axes of inputs and outputs mean, and in which order the IR has them.
struct LayoutFlags: ParsableArguments {
    @Option(help: "Axes in the graph and in the IR: input(nhwc->nchw),output(nc), or nhwc->nchw for a single input.")
    var layout: String?

    @Option(name: .customLong("source_layout"), help: "The axes in the graph: input(nhwc).")
    var sourceLayout: String?

    @Option(name: .customLong("target_layout"), help: "The axes in the IR: input(nchw).")
    var targetLayout: String?

    func specifications() throws -> [LayoutSpecification] {
        guard let layout else {
            return try ConversionOptions.layouts(source: sourceLayout, target: targetLayout)
        }
        guard sourceLayout == nil, targetLayout == nil else {
            throw VireoError(
                .invalidArgument, "--layout is given together with --source_layout or --target_layout",
                remedy: "write both halves into --layout, as in input(nhwc->nchw)")
        }
        return try ConversionOptions.layouts(parsing: layout)
    }

    /// What was given, for the list of parameters.
    var text: String? {
        layout
            ?? [sourceLayout.map { "from \($0)" }, targetLayout.map { "to \($0)" }].compactMap { $0 }
            .joined(separator: ", ").nonEmpty
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
