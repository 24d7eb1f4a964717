/* LBP_LANES floats as one value. GCC's and Clang's vector extensions give one source for SSE, AVX2, AVX-512 and
 * NEON; other compilers get one lane. */
#ifndef LBP_VECTOR_F32_H
#define LBP_VECTOR_F32_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

/* Before a loop of at most four rounds whose number the compiler knows: its vectors then live in registers. */
#if defined(__GNUC__)
#define LBP_UNROLL _Pragma("GCC unroll 4")
#else
#define LBP_UNROLL
#endif

/* For bodies whose loops are to be compiled for each value of a flag. */
#if defined(__GNUC__)
#define LBP_INLINE inline __attribute__((always_inline))
#else
#define LBP_INLINE inline
#endif

/* Has memory fetched that is read soon; any address will do. */
#if defined(__GNUC__)
static inline void v_prefetch(const float *from) { __builtin_prefetch(from); }
#else
static inline void v_prefetch(const float *from) { (void)from; }
#endif

/* Lanes of the vector at n that lie before `end`; floats rounded up to whole vectors. */
static inline int lanes_left(int end, int n) { return end - n < LBP_LANES ? end - n : LBP_LANES; }
static inline int whole_vectors(int floats, int lanes) { return (floats + lanes - 1) / lanes * lanes; }

#if LBP_LANES > 1
typedef float vf __attribute__((vector_size(4 * LBP_LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LBP_LANES)));

static inline vf v_set(float value) { return value - (vf){0}; }
static inline vf v_load(const float *from) {
    vf value;
    memcpy(&value, from, sizeof value);
    return value;
}
static inline void v_store(float *to, vf value) { memcpy(to, &value, sizeof value); }
#if defined(__AVX512F__) && LBP_LANES == 16
/* The first `lanes` lanes; others are 0, or not stored. */
static inline vf v_load_first(const float *from, int lanes) {
    return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << lanes) - 1), from);
}
static inline void v_store_first(float *to, vf value, int lanes) {
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << lanes) - 1), (__m512)value);
}
#else
static inline void v_store_first(float *to, vf value, int lanes) {
    if (lanes == LBP_LANES)
        v_store(to, value);
    else
        for (int i = 0; i < lanes; i++) to[i] = value[i];
}
#if defined(__AVX2__) && LBP_LANES == 8
static inline vf v_load_first(const float *from, int lanes) {
    if (lanes == LBP_LANES) return v_load(from);
    const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return (vf)_mm256_maskload_ps(from, (__m256i)(lane < lanes));
}
#else
static inline vf v_load_first(const float *from, int lanes) {
    if (lanes == LBP_LANES) return v_load(from);
    vf value = {0};
    memcpy(&value, from, sizeof(float) * (size_t)lanes);
    return value;
}
#endif
#endif
static inline vf v_keep_first(vf value, int lanes) {
    if (lanes < LBP_LANES)
        for (int i = lanes; i < LBP_LANES; i++) value[i] = 0.0f;
    return value;
}
static inline vf v_one_if_positive(vf x) { return (vf)((x > 0.0f) & (vi)v_set(1.0f)); }
/* yes where a > b, else 0 */
static inline vf v_if_greater(vf a, vf b, vf yes) { return (vf)((a > b) & (vi)yes); }
#if defined(__AVX512F__) && LBP_LANES == 16
/* count + 1 where x > 0 */
static inline vf v_count_positive(vf count, vf x) {
    const __mmask16 positive = _mm512_cmp_ps_mask((__m512)x, _mm512_setzero_ps(), _CMP_GT_OQ);
    return (vf)_mm512_mask_add_ps((__m512)count, positive, (__m512)count, _mm512_set1_ps(1.0f));
}
static inline vf v_select_positive(vf x, vf yes, vf no) {
    return (vf)_mm512_mask_mov_ps((__m512)no, _mm512_cmp_ps_mask((__m512)x, _mm512_setzero_ps(), _CMP_GT_OQ), (__m512)yes);
}
static inline vf v_max(vf a, vf b) { return (vf)_mm512_max_ps((__m512)a, (__m512)b); }
static inline float v_sum(vf x) { return _mm512_reduce_add_ps((__m512)x); }
#elif defined(__AVX2__) && LBP_LANES == 8
static inline vf v_select_positive(vf x, vf yes, vf no) {
    return (vf)_mm256_blendv_ps((__m256)no, (__m256)yes, _mm256_cmp_ps((__m256)x, _mm256_setzero_ps(), _CMP_GT_OQ));
}
static inline vf v_max(vf a, vf b) { return (vf)_mm256_max_ps((__m256)a, (__m256)b); }
#else
static inline vf v_select_positive(vf x, vf yes, vf no) {
    vi mask = x > 0.0f;
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}
static inline vf v_max(vf a, vf b) {
    vi mask = a > b;
    return (vf)((mask & (vi)a) | (~mask & (vi)b));
}
#endif
#if !(defined(__AVX512F__) && LBP_LANES == 16)
static inline vf v_count_positive(vf count, vf x) { return count + v_one_if_positive(x); }
static inline float v_sum(vf x) {
    float sum = 0.0f;
    for (int i = 0; i < LBP_LANES; i++) sum += x[i];
    return sum;
}
#endif
/* all bits set where x is no number */
static inline vf v_nan_mask(vf x) { return (vf)(x != x); }
static inline vf v_or(vf a, vf b) { return (vf)((vi)a | (vi)b); }
/* whether any bit is set */
static inline int v_any(vf x) {
    int32_t bits = 0;
    for (int i = 0; i < LBP_LANES; i++) bits |= ((vi)x)[i];
    return bits != 0;
}
static inline vf v_neg_abs(vf x) { return (vf)((vi)x | (INT32_MIN - (vi){0})); }
/* p * 2^n, where `shifted` is n + 1.5 * 2^23: its low bits hold n. */
static inline vf v_scale_exponent(vf p, vf shifted) { return (vf)((vi)p + ((vi)shifted << 23)); }
#else
#include <math.h>
typedef float vf;

static inline vf v_set(float value) { return value; }
static inline vf v_load(const float *from) { return *from; }
static inline void v_store(float *to, vf value) { *to = value; }
static inline vf v_load_first(const float *from, int lanes) { return lanes ? *from : 0.0f; }
static inline void v_store_first(float *to, vf value, int lanes) {
    if (lanes) *to = value;
}
static inline vf v_keep_first(vf value, int lanes) { return lanes ? value : 0.0f; }
static inline vf v_one_if_positive(vf x) { return x > 0.0f ? 1.0f : 0.0f; }
static inline vf v_if_greater(vf a, vf b, vf yes) { return a > b ? yes : 0.0f; }
static inline vf v_count_positive(vf count, vf x) { return x > 0.0f ? count + 1.0f : count; }
static inline vf v_select_positive(vf x, vf yes, vf no) { return x > 0.0f ? yes : no; }
static inline vf v_max(vf a, vf b) { return a > b ? a : b; }
static inline vf v_nan_mask(vf x) { return x != x ? 1.0f : 0.0f; }
static inline vf v_or(vf a, vf b) { return a != 0.0f || b != 0.0f ? 1.0f : 0.0f; }
static inline int v_any(vf x) { return x != 0.0f; }
static inline vf v_neg_abs(vf x) { return -fabsf(x); }
static inline vf v_scale_exponent(vf p, vf shifted) {
    uint32_t bits, n;
    memcpy(&bits, &p, 4);
    memcpy(&n, &shifted, 4);
    bits += n << 23;
    memcpy(&p, &bits, 4);
    return p;
}
static inline float v_sum(vf x) { return x; }
#endif
#endif
