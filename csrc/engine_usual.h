/* Ops of usual shapes, whose lengths the compiler knows: gated maps of 28 x 28 and 14 x 14 pixels, 4 x 4 windows. */
#ifndef LBP_ENGINE_USUAL_H
#define LBP_ENGINE_USUAL_H

/* Planes of an op, one after the other or at two arguments each. */
LBP_INLINE void find_planes(const int32_t *a, int from_bits, int planes, uint8_t *scratch, const uint8_t **plane) {
    const uint8_t *first = scratch + a[4];
#pragma GCC unroll 4
    for (int i = 0; i < planes; i++) {
        plane[i] = from_bits ? scratch + a[4 + 2 * i] : first;
        first += a[6];
    }
}

static __attribute__((noinline)) void pool_usual32(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
    const uint8_t *plane[4];
    find_planes(a, from_bits, 4, scratch, plane);
    uint16_t *out = (uint16_t *)(scratch + e->feature_offset) + a[3];
    pool_planes32(e, &e->maps[a[0]], plane, 4, 1, from_bits, 6, 128 / LBP_VB, 8, out);
}

static __attribute__((noinline)) void pool_usual16(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
    const uint8_t *plane[3];
    find_planes(a, from_bits, 3, scratch, plane);
    uint16_t *out = (uint16_t *)(scratch + e->feature_offset) + a[3];
    enum { VECTORS = LBP_VB < 32 ? 32 / LBP_VB : 1 };
    pool_planes16(e, &e->maps[a[0]], plane, 3, 1, from_bits, VECTORS > 1 ? 4 : 3, VECTORS, 4, out);
}
#endif
