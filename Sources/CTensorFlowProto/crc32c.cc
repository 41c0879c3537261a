#include <array>
#include <cstring>

#include "include/vireo_tensorflow.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace {

/// Castagnoli's polynomial, bits reversed.
constexpr uint32_t kPolynomial = 0x82f63b78;

constexpr std::array<uint32_t, 256> Table() {
    std::array<uint32_t, 256> table{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ kPolynomial : value >> 1;
        table[byte] = value;
    }
    return table;
}

uint32_t UpdateByTable(uint32_t state, const uint8_t *bytes, size_t count) {
    static constexpr std::array<uint32_t, 256> table = Table();
    for (size_t index = 0; index < count; ++index) state = table[(state ^ bytes[index]) & 0xff] ^ state >> 8;
    return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t UpdateByInstruction(uint32_t state, const uint8_t *bytes, size_t count) {
    uint64_t wide = state;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        std::memcpy(&word, bytes, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    state = static_cast<uint32_t>(wide);
    for (; count > 0; ++bytes, --count) state = _mm_crc32_u8(state, *bytes);
    return state;
}
#elif defined(__ARM_FEATURE_CRC32)
uint32_t UpdateByInstruction(uint32_t state, const uint8_t *bytes, size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        std::memcpy(&word, bytes, 8);
        state = __crc32cd(state, word);
    }
    for (; count > 0; ++bytes, --count) state = __crc32cb(state, *bytes);
    return state;
}
#endif

uint32_t Update(uint32_t state, const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return UpdateByInstruction(state, bytes, count);
#elif defined(__ARM_FEATURE_CRC32)
    return UpdateByInstruction(state, bytes, count);
#endif
    return UpdateByTable(state, bytes, count);
}

}  // namespace

extern "C" uint32_t vireo_tf_crc32c(const void *bytes, size_t count) {
    return ~Update(~uint32_t{0}, static_cast<const uint8_t *>(bytes), count);
}
