import Testing
import VireoIR
import VireoReference
import VireoTensor

struct KernelTests {
    private func evaluate(_ operation: any Operation, _ inputs: Tensor..., threads: Int? = nil) throws -> [Tensor] {
        let types = inputs.map { ValueType($0.elementType, $0.shape) }
        let outputs = try operation.inferOutputs(InferenceInputs(types, constants: inputs))
        return try Reference.evaluate(operation, inputs, outputs: outputs, threads: threads)
    }

    private func numbers(_ count: Int, _ shape: Shape) -> Tensor {
        Tensor((0..<count).map { Float(($0 * 7919) % 101) / 50 - 1 }, shape)
    }

    @Test("quotients of integers are rounded down, as in Python")
    func floorDivision() throws {
        let left = Tensor([7, -7, 7, -7, .min] as [Int64])
        let right = Tensor([2, 2, -2, -2, -1] as [Int64])
        let quotient = try evaluate(BinaryElementwise(.divide), left, right)[0]
        #expect(try quotient.array(of: Int64.self) == [3, -4, -4, 3, .min])
        let modulus = try evaluate(BinaryElementwise(.floorMod), left, right)[0]
        #expect(try modulus.array(of: Int64.self) == [1, 1, -1, -1, 0])
        let remainder = try evaluate(BinaryElementwise(.mod), left, right)[0]
        #expect(try remainder.array(of: Int64.self) == [1, -1, 1, -1, 0])
    }

    @Test("integers are not divided by zero", arguments: [BinaryElementwise.Kind.divide, .mod, .floorMod])
    func divisionByZero(_ kind: BinaryElementwise.Kind) throws {
        #expect(throws: VireoError.self) {
            _ = try evaluate(BinaryElementwise(kind), Tensor([1, 2] as [Int32]), Tensor([1, 0] as [Int32]))
        }
    }

    @Test("narrow integers wrap, and keep their type")
    func narrowIntegers() throws {
        let sum = try evaluate(BinaryElementwise(.add), Tensor([200, 1] as [UInt8]), Tensor([100, 2] as [UInt8]))[0]
        #expect(try sum.array(of: UInt8.self) == [44, 3])
        let product = try evaluate(
            BinaryElementwise(.multiply), Tensor([Int32.max] as [Int32]), Tensor([2] as [Int32]))[0]
        #expect(try product.array(of: Int32.self) == [-2])
    }

    @Test("half precision is computed in single precision", arguments: [ElementType.f16, .bf16])
    func halfPrecision(_ type: ElementType) throws {
        let data = try Tensor(type, [1, 1, 1, 3], values: [1, 2, 3])
        let weights = try Tensor(type, [1, 1, 1, 2], values: [0.5, -1])
        let result = try evaluate(Convolution(SlidingWindow(strides: [1, 1])), data, weights)[0]
        #expect(result.elementType == type)
        #expect(try result.doubles() == [-1.5, -2])
    }

    @Test("double precision keeps its digits")
    func doublePrecision() throws {
        let small = 1.0 + 1e-12
        let result = try evaluate(MatMul(), Tensor([small, 1], [1, 2]), Tensor([1.0, -1], [2, 1]))[0]
        #expect(abs(try result.doubles()[0] - 1e-12) < 1e-15)
    }

    @Test("elements of any width are moved", arguments: [ElementType.u8, .boolean, .i16, .f16, .f32, .i64, .u64])
    func movement(_ type: ElementType) throws {
        let data = try Tensor(type, [2, 2], values: [1, 0, 0, 1])
        let turned = try evaluate(Transpose(), data, Tensor([1, 0] as [Int64]))[0]
        #expect(turned == data)
        let joined = try evaluate(Concat(axis: 0), data, data)[0]
        #expect(try joined.integers() == [1, 0, 0, 1, 1, 0, 0, 1])
    }

    @Test("LRN over three axes is the quotient by the sum over the box around each element")
    func boxNormalization() throws {
        let data = numbers(3 * 4 * 5, [1, 3, 4, 5])
        let operation = LRN(alpha: 0.5, beta: 0.75, bias: 1, size: 3)
        let result = try evaluate(operation, data, Tensor([1, 2, 3] as [Int64]))[0].doubles()
        let source = try data.doubles()
        func at(_ c: Int, _ y: Int, _ x: Int) -> Double {
            (0..<3).contains(c) && (0..<4).contains(y) && (0..<5).contains(x) ? source[(c * 4 + y) * 5 + x] : 0
        }
        for c in 0..<3 {
            for y in 0..<4 {
                for x in 0..<5 {
                    var sum = 0.0
                    for k in -1...1 {
                        for j in -1...1 { for i in -1...1 { sum += at(c + k, y + j, x + i) * at(c + k, y + j, x + i) } }
                    }
                    var scale = 1 + 0.5 / 27 * sum
                    scale = scale.squareRoot() * scale.squareRoot().squareRoot()
                    // 0.75 as two roots; single precision keeps 7 digits.
                    #expect(abs(result[(c * 4 + y) * 5 + x] - at(c, y, x) / scale) < 1e-6)
                }
            }
        }
    }

    @Test("softmax of large numbers neither overflows nor loses its sum")
    func softMax() throws {
        let result = try evaluate(SoftMax(axis: 1), Tensor([1e30, 1e30, -1e30, 0] as [Float], [1, 4]))[0]
        #expect(try result.array(of: Float.self) == [0.5, 0.5, 0, 0])
    }

    @Test("a convolution larger than the blocks equals the sums it stands for", arguments: [1, 2, nil])
    func largeConvolution(_ threads: Int?) throws {
        let data = numbers(70 * 13 * 14, [1, 70, 13, 14])
        let weights = numbers(9 * 70 * 3 * 3, [9, 70, 3, 3])
        let window = SlidingWindow(strides: [1, 1], padsBegin: [1, 1], padsEnd: [1, 1])
        let result = try evaluate(Convolution(window), data, weights, threads: threads)[0].doubles()
        let (d, w) = (try data.doubles(), try weights.doubles())
        for (o, y, x) in [(0, 0, 0), (8, 12, 13), (3, 6, 7), (5, 0, 13), (7, 9, 1)] {
            var sum = 0.0
            for c in 0..<70 {
                for ky in 0..<3 where (0..<13).contains(y + ky - 1) {
                    for kx in 0..<3 where (0..<14).contains(x + kx - 1) {
                        sum += d[(c * 13 + y + ky - 1) * 14 + x + kx - 1] * w[((o * 70 + c) * 3 + ky) * 3 + kx]
                    }
                }
            }
            // 630 products of at most 1, in blocks of 256 sums: errors stay below 1e-4.
            #expect(abs(result[(o * 13 + y) * 14 + x] - sum) < 1e-4)
        }
    }

    @Test("auto_pad is resolved by the kernel when nobody has before")
    func autoPad() throws {
        let data = numbers(25, [1, 1, 5, 5])
        let weights = numbers(9, [1, 1, 3, 3])
        let automatic = SlidingWindow(strides: [2, 2], autoPad: .sameUpper)
        let explicit = SlidingWindow(strides: [2, 2], padsBegin: [1, 1], padsEnd: [1, 1])
        let result = try evaluate(Convolution(automatic), data, weights)
        #expect(try result == evaluate(Convolution(explicit), data, weights))
    }

    @Test("the largest element's index ignores pads and takes the first of equals")
    func maxPoolIndices() throws {
        let attributes = AttributeReader([
            "kernel": .integers([2, 2]), "strides": .integers([2, 2]), "pads_begin": .integers([1, 1]),
            "pads_end": .integers([1, 1]), "index_element_type": .elementType(.i32),
        ])
        let operation = try OperationSet.make("MaxPool", opset: 8, attributes)
        let data = Tensor([-1, -1, -1, -3, -2, -2, -3, -2, -2] as [Float], [1, 1, 3, 3])
        let results = try evaluate(operation, data)
        #expect(try results[0].array(of: Float.self) == [-1, -1, -3, -2])
        #expect(try results[1].array(of: Int32.self) == [0, 1, 3, 4])
    }

    @Test("pools of integers start from the smallest integer")
    func integerPool() throws {
        let data = Tensor([-5, -9, -7, -8] as [Int32], [1, 1, 2, 2])
        let window = SlidingWindow(strides: [1, 1], padsBegin: [1, 1], padsEnd: [0, 0])
        let result = try evaluate(MaxPool(window, kernel: [2, 2]), data)[0]
        #expect(try result.array(of: Int32.self) == [-5, -5, -5, -5])
    }
}
