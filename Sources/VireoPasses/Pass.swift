import VireoIR
import VireoTensor

/// One rewriting of a model that keeps what it computes.
public protocol Pass: Sendable {
    /// Verb and object, as in the file's name: "FoldConstants".
    var name: String { get }
    func run(on model: inout Model) throws
}

extension Pass {
    public var name: String { "\(Self.self)" }
}

/// Passes in the order in which they run.
public struct PassPipeline: Sendable {
    public let passes: [any Pass]

    public init(_ passes: [any Pass]) { self.passes = passes }

    /// Runs every pass, then drops what no result needs.
    /// - Parameters:
    ///   - verifying: whether the model is verified after each pass.
    ///   - observer: called after each pass with its name.
    /// - Throws: what a pass throws, with the pass's name as its place.
    public func run(
        on model: inout Model, verifying: Bool = false, observer: (String, Model) throws -> Void = { _, _ in }
    ) throws {
        for pass in passes {
            try withContext("pass \(pass.name)") {
                try pass.run(on: &model)
                model.removeDeadNodes()
                if verifying { try model.verify() }
            }
            try observer(pass.name, model)
        }
    }
}

extension PassPipeline {
    /// The same passes without those of these names.
    public func without(_ names: Set<String>) -> PassPipeline {
        PassPipeline(passes.filter { !names.contains($0.name) })
    }

    /// The passes up to the first of this name.
    /// - Throws: `invalidArgument` that lists the passes when there is none.
    public func upTo(_ name: String) throws(VireoError) -> PassPipeline {
        guard let index = passes.firstIndex(where: { $0.name == name }) else {
            throw VireoError(
                .invalidArgument, "there is no pass \(name)",
                remedy: "the passes are " + passes.map(\.name).joined(separator: ", "))
        }
        return PassPipeline(Array(passes[...index]))
    }

    /// The passes that move Multiply and Add into convolutions and matrix products.
    public static let linearFusing: Set = [
        "MoveScaleBeforeConcat", "MoveMultiplyBeforeAdd", "FuseMultiply", "FuseAddIntoNextConvolution", "MergeAdds",
    ]

    /// What every backend wants, and what the converter writes: constants folded, channels second, batch normalization,
    /// pads and preprocessing merged into the convolutions.
    public static let canonicalize = canonicalizing()

    /// `canonicalize` with exceptions.
    /// - Parameter unfused: nodes whose Multiply and Add stay where they are.
    public static func canonicalizing(unfused: NamePatterns = NamePatterns()) -> PassPipeline {
        PassPipeline([
            FoldConstants(keeping: .fakeQuantize),
            MoveShapingBeforeFakeQuantize(),
            RemoveNoOps(),
            DecomposeBatchNormalization(),
            SinkTransposes(),
            FoldConstants(keeping: .fakeQuantize),
            ReplaceTransposesByReshapes(),
            MergeReshapes(),
            SinkChannelReversal(),
            FuseAtrousConvolution(),
            FuseActivations(),
            FuseGelu(),
            FuseNormalizeL2(),
            FuseMVN(),
            MoveScaleBeforeConcat(unfused: unfused),
            MoveMultiplyBeforeAdd(unfused: unfused),
            FuseMultiply(unfused: unfused),
            FuseAddIntoNextConvolution(unfused: unfused),
            MergeAdds(unfused: unfused),
            FusePad(),
            FoldConstants(keeping: .fakeQuantize),
            RemoveNoOps(),
        ])
    }

    /// What a model needs before it is handed to plugins: pads made explicit, everything constant folded.
    public static let prepare = PassPipeline([FoldConstants(), ResolveAutoPad()])

    /// The same for devices that compute in integers: FakeQuantize of weights stays, and weights stored in 8 bits
    /// become FakeQuantize too.
    public static let prepareQuantized = PassPipeline([
        FoldConstants(keeping: .storedIntegers),
        ExpressWeightsAsFakeQuantize(),
        FoldConstants(keeping: .fakeQuantize),
        MoveShapingBeforeFakeQuantize(),
        FoldConstants(keeping: .fakeQuantize),
        ResolveAutoPad(),
    ])
}
