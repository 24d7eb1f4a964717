/* LBP_VB bytes as one vector of words, and what instruction sets do differently with them. */
#ifndef LBP_ENGINE_VECTOR_H
#define LBP_ENGINE_VECTOR_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && LBP_VB > 8
#include <immintrin.h>
#elif defined(__ARM_NEON) && LBP_VB == 16
#include <arm_neon.h>
#endif

#define LBP_INLINE static inline __attribute__((always_inline))

typedef uint8_t v8 __attribute__((vector_size(LBP_VB)));
typedef uint16_t v16 __attribute__((vector_size(LBP_VB)));
typedef uint32_t v32 __attribute__((vector_size(LBP_VB)));
typedef uint64_t v64 __attribute__((vector_size(LBP_VB)));
typedef uint64_t v128 __attribute__((vector_size(16)));

LBP_INLINE v64 load(const uint8_t *from) {
    v64 value;
    memcpy(&value, from, sizeof value);
    return value;
}
LBP_INLINE void store(uint8_t *to, v64 value) { memcpy(to, &value, sizeof value); }

/* (a & b) | (c & (a | b)): the carry of an adder, and one step of a comparison. */
#if defined(__AVX512F__) && LBP_VB == 64
LBP_INLINE v64 majority(v64 a, v64 b, v64 c) { return (v64)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0xe8); }
LBP_INLINE v64 xor3(v64 a, v64 b, v64 c) { return (v64)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0x96); }
/* (a & ~b) | ((a | ~b) & c) */
LBP_INLINE v64 greater_step(v64 a, v64 b, v64 c) { return (v64)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0xb2); }
#else
LBP_INLINE v64 majority(v64 a, v64 b, v64 c) { return ((a ^ b) & (a ^ c)) ^ a; }
LBP_INLINE v64 xor3(v64 a, v64 b, v64 c) { return a ^ b ^ c; }
LBP_INLINE v64 greater_step(v64 a, v64 b, v64 c) { return c ^ ((a ^ b) & (a ^ c)); }
#endif

/* The number of ones in each half of each byte. */
typedef struct {
    v64 low, high;
} halves;
#if (defined(__AVX512BW__) && LBP_VB == 64) || (defined(__AVX2__) && LBP_VB == 32)
/* Of bytes below 16. */
LBP_INLINE v64 ones_of_half(v64 x) {
#if LBP_VB == 64
    const __m512i table = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    return (v64)_mm512_shuffle_epi8(table, (__m512i)x);
#else
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
                                           2, 3, 2, 3, 3, 4);
    return (v64)_mm256_shuffle_epi8(table, (__m256i)x);
#endif
}
LBP_INLINE halves ones_in_halves(v64 x) {
    return (halves){ones_of_half(x & 0x0f0f0f0f0f0f0f0fu), ones_of_half((v64)((v16)x >> 4) & 0x0f0f0f0f0f0f0f0fu)};
}
#else
LBP_INLINE halves ones_in_halves(v64 x) {
    x = x - ((x >> 1) & 0x5555555555555555u);
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    return (halves){x & 0x0f0f0f0f0f0f0f0fu, (x >> 4) & 0x0f0f0f0f0f0f0f0fu};
}
#endif

/* The number of ones in each byte. */
LBP_INLINE v64 ones_in_bytes(v64 x) {
#if defined(__ARM_NEON) && LBP_VB == 16
    return (v64)vcntq_u8((uint8x16_t)x);
#else
    const halves ones = ones_in_halves(x);
    return (v64)((v8)ones.low + (v8)ones.high);
#endif
}

/* Bytes whose ones can be counted under several masks: their halves, where a table has the ones of a half. */
#if (defined(__AVX512BW__) && LBP_VB == 64) || (defined(__AVX2__) && LBP_VB == 32)
typedef halves countable;
LBP_INLINE countable to_count(v64 x) {
    return (countable){x & 0x0f0f0f0f0f0f0f0fu, x >> 4 & 0x0f0f0f0f0f0f0f0fu};
}
LBP_INLINE v8 ones_under(countable x, countable mask) {
    return (v8)ones_of_half(x.low & mask.low) + (v8)ones_of_half(x.high & mask.high);
}
#else
typedef v64 countable;
LBP_INLINE countable to_count(v64 x) { return x; }
LBP_INLINE v8 ones_under(countable x, countable mask) { return (v8)ones_in_bytes(x & mask); }
#endif

/* The sum of each 8 bytes, below 2^16. */
LBP_INLINE v64 sum_bytes(v64 x) {
#if defined(__AVX512BW__) && LBP_VB == 64
    return (v64)_mm512_sad_epu8((__m512i)x, _mm512_setzero_si512());
#elif defined(__AVX2__) && LBP_VB == 32
    return (v64)_mm256_sad_epu8((__m256i)x, _mm256_setzero_si256());
#elif defined(__SSE2__) && LBP_VB == 16
    return (v64)_mm_sad_epu8((__m128i)x, _mm_setzero_si128());
#elif defined(__ARM_NEON) && LBP_VB == 16
    return (v64)vpaddlq_u32(vpaddlq_u16(vpaddlq_u8((uint8x16_t)x)));
#else
    x = (x & 0x00ff00ff00ff00ffu) + (x >> 8 & 0x00ff00ff00ff00ffu);
    x += x >> 32;
    return (x + (x >> 16)) & 0xffff;
#endif
}

/* Bit i: a[i] > b[i] as signed bytes, i < LBP_COLUMNS. */
#if defined(__AVX2__) && LBP_VB >= 32
enum { LBP_COLUMNS = 32 };
LBP_INLINE uint64_t greater_bytes(const uint8_t *a, const uint8_t *b) {
    const __m256i mask = _mm256_cmpgt_epi8(_mm256_loadu_si256((const __m256i *)a), _mm256_loadu_si256((const __m256i *)b));
    return (uint32_t)_mm256_movemask_epi8(mask);
}
#elif defined(__SSE2__) && LBP_VB == 16
enum { LBP_COLUMNS = 16 };
LBP_INLINE uint64_t greater_bytes(const uint8_t *a, const uint8_t *b) {
    const __m128i mask = _mm_cmpgt_epi8(_mm_loadu_si128((const __m128i *)a), _mm_loadu_si128((const __m128i *)b));
    return (uint32_t)_mm_movemask_epi8(mask);
}
#elif defined(__ARM_NEON) && LBP_VB == 16
enum { LBP_COLUMNS = 16 };
LBP_INLINE uint64_t greater_bytes(const uint8_t *a, const uint8_t *b) {
    static const uint8_t bit[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t mask = vcgtq_s8(vreinterpretq_s8_u8(vld1q_u8(a)), vreinterpretq_s8_u8(vld1q_u8(b)));
    const uint8x16_t bits = vandq_u8(mask, vld1q_u8(bit));
    return (uint64_t)vaddv_u8(vget_low_u8(bits)) | (uint64_t)vaddv_u8(vget_high_u8(bits)) << 8;
}
#else
enum { LBP_COLUMNS = 8 };
LBP_INLINE uint64_t greater_bytes(const uint8_t *a, const uint8_t *b) {
    const uint64_t top = 0x8080808080808080u;
    uint64_t x, y;
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    x ^= top, y ^= top; /* unsigned again: y + 1 > x borrows nothing into the next byte once the top bits are apart */
    const uint64_t low = (y | top) - (x & ~top); /* top bit: low7(y) >= low7(x) */
    uint64_t greater = ((x & ~y) | (~(x ^ y) & ~low)) & top;
    greater = (greater >> 7) | (greater >> 14);
    greater = (greater & 0x0003000300030003u) | ((greater & 0x0003000300030003u) >> 14);
    greater = (greater & 0x0000000f0000000fu) | ((greater & 0x0000000f0000000fu) >> 28);
    return greater & 0xff;
}
#endif

/* Sums of neighbouring pairs of products of signed 16-bit numbers, 32 bits each. */
LBP_INLINE v32 add_pairs(v64 features, v64 weights) {
#if defined(__AVX512BW__) && LBP_VB == 64
    return (v32)_mm512_madd_epi16((__m512i)features, (__m512i)weights);
#elif defined(__AVX2__) && LBP_VB == 32
    return (v32)_mm256_madd_epi16((__m256i)features, (__m256i)weights);
#elif defined(__SSE2__) && LBP_VB == 16
    return (v32)_mm_madd_epi16((__m128i)features, (__m128i)weights);
#else
    typedef int32_t vi32 __attribute__((vector_size(LBP_VB)));
    const vi32 a = (vi32)features, b = (vi32)weights;
    return (v32)((a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16));
#endif
}

#endif
