import Testing
import VireoIR
import VireoReference
import VireoTensor

struct RefusalTests {
    @Test("an element type that a kernel does not take is refused by name")
    func elementType() throws {
        let texts = [ValueType(.string, Shape([1])), ValueType(.string, Shape([1]))]
        #expect(Reference.refusal(of: BinaryElementwise(.add), inputTypes: texts) == "Add with input 0 of string")
        let integers = [ValueType(.i32, Shape([1]))]
        #expect(Reference.refusal(of: UnaryElementwise(.exp), inputTypes: integers) == "Exp with input 0 of i32")
        #expect(Reference.refusal(of: Convert(to: .nf4), inputTypes: integers) == "Convert to nf4")
    }

    @Test("inputs that do not give the expected types are an error, not a wrong result")
    func unexpectedTypes() throws {
        let data = Tensor([1, 2] as [Float])
        #expect(throws: VireoError.self) {
            try Reference.evaluate(BinaryElementwise(.add), [data, data], outputs: [ValueType(.f32, Shape([3]))])
        }
        #expect(throws: VireoError.self) {
            try Reference.evaluate(BinaryElementwise(.add), [data], outputs: [ValueType(.f32, Shape([2]))])
        }
    }

    @Test("an index outside the axis is an error", arguments: [3, -4, .max, .min] as [Int64])
    func gatherOutside(_ index: Int64) throws {
        let inputs = [Tensor([1, 2, 3] as [Float]), Tensor([index]), Tensor(scalar: 0 as Int64)]
        #expect(throws: VireoError.self) {
            try Reference.evaluate(Gather(), inputs, outputs: [ValueType(.f32, Shape([1]))])
        }
    }

    @Test("operands that do not broadcast are an error")
    func slopes() throws {
        let inputs = [Tensor([1, 2, 3, 4] as [Float], [2, 2]), Tensor([1, 2, 3] as [Float])]
        #expect(throws: VireoError.self) {
            try Reference.evaluate(PReLU(), inputs, outputs: [ValueType(.f32, Shape([2, 2]))])
        }
    }

    @Test("tensors without elements pass through")
    func empty() throws {
        let nothing = Tensor([] as [Float], [0, 3])
        let results = try Reference.evaluate(
            UnaryElementwise(.relu), [nothing], outputs: [ValueType(.f32, Shape([0, 3]))])
        #expect(results[0].shape == [0, 3])
        let product = try Reference.evaluate(
            MatMul(), [Tensor([] as [Float], [4, 0]), Tensor([] as [Float], [0, 2])],
            outputs: [ValueType(.f32, Shape([4, 2]))])
        #expect(try product[0].array(of: Float.self) == [Float](repeating: 0, count: 8))
    }
}
