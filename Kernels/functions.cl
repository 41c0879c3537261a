// Each function for one number and for LANES numbers at once. Comparisons are written so that NaN passes through.
#define DEFINE_FUNCTIONS(type, unary_name, binary_name)                                                        \
    type unary_name(const int function, const type x, const float alpha, const float beta) {                   \
        switch (function) {                                                                                     \
        case VIREO_CLAMP: {                                                                                     \
            const type raised = x < (type)alpha ? (type)alpha : x;                                              \
            return raised > (type)beta ? (type)beta : raised;                                                   \
        }                                                                                                       \
        case VIREO_SIGMOID: return (type)1.0f / ((type)1.0f + exp(-x));                                         \
        case VIREO_TANH: return tanh(x);                                                                        \
        case VIREO_EXP: return exp(x);                                                                          \
        case VIREO_ELU: return x < (type)0.0f ? (type)alpha * expm1(x) : x;                                     \
        case VIREO_SWISH: return x / ((type)1.0f + exp(x * (type)(-alpha)));                                    \
        case VIREO_HSWISH: {                                                                                    \
            const type raised = x + (type)3.0f < (type)0.0f ? (type)0.0f : x + (type)3.0f;                      \
            return x * (raised > (type)6.0f ? (type)6.0f : raised) / (type)6.0f;                                \
        }                                                                                                       \
        default: return x;                                                                                      \
        }                                                                                                       \
    }                                                                                                           \
    type binary_name(const int function, const type x, const type y) {                                          \
        switch (function) {                                                                                     \
        case VIREO_SUBTRACT: return x - y;                                                                      \
        case VIREO_MULTIPLY: return x * y;                                                                      \
        case VIREO_DIVIDE: return x / y;                                                                        \
        case VIREO_MAXIMUM: return x < y ? y : x;                                                               \
        case VIREO_MINIMUM: return x > y ? y : x;                                                               \
        default: return x + y;                                                                                  \
        }                                                                                                       \
    }

DEFINE_FUNCTIONS(float, apply_unary, apply_binary)
DEFINE_FUNCTIONS(floatv, apply_unary_to_lanes, apply_binary_to_lanes)

// The offset of element (z, y, x) of a tensor with eight dimensions, the outer six of them counted by z.
int strided_offset(const int x, const int y, int z, const int8 dims, const int8 strides) {
    int offset = x * strides.s7 + y * strides.s6;
    if (z == 0) return offset;
    offset += z % dims.s5 * strides.s5;
    z /= dims.s5;
    if (z == 0) return offset;
    offset += z % dims.s4 * strides.s4;
    z /= dims.s4;
    if (z == 0) return offset;
    offset += z % dims.s3 * strides.s3;
    z /= dims.s3;
    if (z == 0) return offset;
    offset += z % dims.s2 * strides.s2;
    z /= dims.s2;
    if (z == 0) return offset;
    offset += z % dims.s1 * strides.s1;
    z /= dims.s1;
    return offset + z * strides.s0;
}
