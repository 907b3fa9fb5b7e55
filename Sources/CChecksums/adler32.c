#include "cchecksums.h"

#include <string.h>

enum { LANES = 16, MODULUS = 65521 };
// So many rows of 16 bytes do not overflow 32 bits, whatever is in them: a lane's sum of sums grows to 255 * rows * rows / 2.
enum { ROWS = 256 };

typedef uint8_t bytes_row __attribute__((vector_size(LANES)));
typedef uint32_t sums_row __attribute__((vector_size(LANES * 4)));

// Adds `rows` rows to a (the sum of the bytes, plus 1) and b (the sum of all values of a).
//
// Each lane is summed on its own. A byte in row r, lane l of n rows counts in b as often as bytes follow it, itself included:
// 16 (n - r) - l times, that is 16 for each row from its own on, which the sum of the lane's sums holds, less its lane's number.
__attribute__((always_inline)) static inline void add_rows(uint32_t *a, uint32_t *b, const uint8_t *bytes, size_t rows) {
    sums_row sums = {0}, sums_of_sums = {0};
    for (size_t row = 0; row < rows; row++) {
        bytes_row next;
        memcpy(&next, bytes + row * LANES, LANES);
        sums += __builtin_convertvector(next, sums_row);
        sums_of_sums += sums;
    }
    uint64_t sum = *a, sum_of_sums = *b + (uint64_t)*a * rows * LANES;
    for (int lane = 0; lane < LANES; lane++) {
        sum += sums[lane];
        sum_of_sums += (uint64_t)sums_of_sums[lane] * LANES - (uint64_t)sums[lane] * lane;
    }
    *a = sum % MODULUS;
    *b = sum_of_sums % MODULUS;
}

static void add_rows_plainly(uint32_t *a, uint32_t *b, const uint8_t *bytes, size_t rows) { add_rows(a, b, bytes, rows); }

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void add_rows_wide(uint32_t *a, uint32_t *b, const uint8_t *bytes, size_t rows) {
    add_rows(a, b, bytes, rows);
}
#define HAS_WIDE __builtin_cpu_supports("avx2")
#else
#define add_rows_wide add_rows_plainly
#define HAS_WIDE 0
#endif

uint32_t cchecksums_adler32(uint32_t adler, const void *start, size_t count) {
    const uint8_t *bytes = start;
    uint32_t a = adler & 0xffff, b = adler >> 16;
    while (count >= LANES) {
        size_t rows = count / LANES < ROWS ? count / LANES : ROWS;
        if (HAS_WIDE) add_rows_wide(&a, &b, bytes, rows);
        else add_rows_plainly(&a, &b, bytes, rows);
        bytes += rows * LANES;
        count -= rows * LANES;
    }
    for (; count > 0; count--) {
        a += *bytes++;
        b += a;
    }
    return b % MODULUS << 16 | a % MODULUS;
}
