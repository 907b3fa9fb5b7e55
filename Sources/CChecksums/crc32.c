#include "cchecksums.h"

// CRC-32 is the remainder of a polynomial. Sixteen bytes may be moved on by as many as come before the end, by multiplying them with
// a constant (x to the power of that distance, modulo the polynomial), so that whole rows are folded into one another and only the last one is
// divided: Gopal, Ozturk and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009. The names and constants are
// those of its bit-reflected form.
#if defined(__x86_64__)
#include <immintrin.h>

enum { ROW = 16, ROWS = 4 };

__attribute__((target("pclmul,sse4.1"))) static inline __m128i load(const uint8_t *row) {
    return _mm_loadu_si128((const __m128i *)row);
}

// `row` moved on by the distance that `constants` are for, and `next` added.
__attribute__((target("pclmul,sse4.1"))) static inline __m128i fold(__m128i row, __m128i constants, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(row, constants, 0x00), high = _mm_clmulepi64_si128(row, constants, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse4.1"))) static uint32_t fold_rows(uint32_t crc, const uint8_t *bytes, size_t count) {
    const __m128i k1k2 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4), k3k4 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
    const __m128i k5 = _mm_set_epi64x(0, 0x163cd6124), poly = _mm_set_epi64x(0x1f7011641, 0x1db710641);
    const __m128i low_words = _mm_setr_epi32(~0, 0, ~0, 0);
    const uint8_t *end = bytes + count;
    __m128i row = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128((int)crc));
    bytes += ROW;
    if (count >= 2 * ROWS * ROW) {
        __m128i second = load(bytes), third = load(bytes + ROW), fourth = load(bytes + 2 * ROW);
        bytes += 3 * ROW;
        for (; end - bytes >= ROWS * ROW; bytes += ROWS * ROW) {
            row = fold(row, k1k2, load(bytes));
            second = fold(second, k1k2, load(bytes + ROW));
            third = fold(third, k1k2, load(bytes + 2 * ROW));
            fourth = fold(fourth, k1k2, load(bytes + 3 * ROW));
        }
        row = fold(fold(fold(row, k3k4, second), k3k4, third), k3k4, fourth);
    }
    for (; bytes < end; bytes += ROW) row = fold(row, k3k4, load(bytes));
    // 128 bits become 64, and these the remainder (Barrett's reduction).
    row = _mm_xor_si128(_mm_srli_si128(row, 8), _mm_clmulepi64_si128(row, k3k4, 0x10));
    row = _mm_xor_si128(_mm_srli_si128(row, 4), _mm_clmulepi64_si128(_mm_and_si128(row, low_words), k5, 0x00));
    __m128i quotient = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(row, low_words), poly, 0x10), low_words);
    return (uint32_t)_mm_extract_epi32(_mm_xor_si128(row, _mm_clmulepi64_si128(quotient, poly, 0x00)), 1);
}

size_t cchecksums_crc32(uint32_t *crc, const void *bytes, size_t count) {
    if (count < 2 * ROW || !__builtin_cpu_supports("pclmul")) return 0;
    count -= count % ROW;
    *crc = fold_rows(*crc, bytes, count);
    return count;
}
#else
size_t cchecksums_crc32(uint32_t *crc, const void *bytes, size_t count) { return 0; }
#endif
