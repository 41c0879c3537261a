import VireoTensor

/// A function of a graph's library: the nodes that a call of it stands for.
public struct FunctionDef: Sendable {
    /// A node inside a function. Its inputs are written `argument` or `node:output:index`.
    struct BodyNode: Sendable {
        /// The node without its inputs.
        let node: NodeDef
        let inputs: [String]
    }

    public let name: String
    /// The names of the arguments, in the order of a call's inputs.
    public let arguments: [String]
    /// What each result is, in the notation of a node's inputs.
    let results: [String]
    /// The type of each result; `invalid` where an attribute of the call decides.
    let resultTypes: [DataType]
    let body: [BodyNode]
}
