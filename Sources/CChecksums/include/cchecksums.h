#pragma once
#include <stddef.h>
#include <stdint.h>

// Adler-32 (RFC 1950) of `count` bytes behind those that gave `adler`; 1 when there were none. What zlib's adler32 computes, sixteen
// bytes a step: Debian's zlib goes byte by byte, and each txn and each snapshot passes here.
uint32_t cchecksums_adler32(uint32_t adler, const void *bytes, size_t count);

// Goes on with a CRC-32 (IEEE 802.3; the register, not its complement) as far as the processor can do many bytes at a time: how many bytes
// that were. The rest is the caller's; 0 where they are few, and on processors without carry-less multiplication.
size_t cchecksums_crc32(uint32_t *crc, const void *bytes, size_t count);
