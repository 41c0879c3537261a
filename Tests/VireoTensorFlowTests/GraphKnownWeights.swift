/// Values of the weight recipe, printed by numpy.
enum KnownWeights {
    /// Name, shape and the bits of every element, for the gains of MobileNet v1.
    static let all: [(name: String, shape: [Int], bits: [UInt32])] = [
        (
            "MobilenetV1/Conv2d_0/weights", [1, 1, 3, 2],
            [0xBF37_6FA2, 0xBF50_D4CB, 0x3EB7_6FA2, 0x3ED0_D4CB, 0x3FBE_253B, 0xBFC6_3490]
        ),
        (
            "MobilenetV1/Conv2d_1_depthwise/depthwise_weights", [2, 2, 2, 1],
            [0x3ED7_60AD, 0xBFBA_EE41, 0xBE57_60AD, 0x3F3A_EE41, 0xC008_4C9A, 0xBE6D_3C8A, 0x3F88_4C9A, 0x3DED_3C8A]
        ),
        (
            "MobilenetV1/Logits/Conv2d_1c_1x1/weights", [1, 1, 2, 3],
            [0xBF0D_BC07, 0xC056_4344, 0x3F96_D9D4, 0x3E8D_BC07, 0x3FD6_4344, 0xBF16_D9D4]
        ),
        (
            "MobilenetV1/Logits/Conv2d_1c_1x1/biases", [3],
            [0x3DB7_6652, 0xBD3B_7D3D, 0xBD7A_2346]
        ),
        (
            "a/BatchNorm/gamma", [3],
            [0x3F99_442D, 0x3F6B_E602, 0x3F59_ADCF]
        ),
        (
            "a/BatchNorm/beta", [3],
            [0xBDE4_85E4, 0x3E2C_DD09, 0x3DCF_7A13]
        ),
        (
            "a/BatchNorm/moving_mean", [3],
            [0x3CE9_6A65, 0xBDA1_79A5, 0xBD6C_5D7B]
        ),
        (
            "a/BatchNorm/moving_variance", [3],
            [0x3F68_224B, 0x3F86_7D9F, 0x3F97_9F20]
        ),
    ]

    static let seedImage: [Float] = [177, 242, 161, 12, 71, 85, 171, 159, 31, 69, 23, 84]
}
