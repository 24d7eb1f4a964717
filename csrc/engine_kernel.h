/* The engine for one instruction set: LBP_VB bytes a vector, LBP_ISA its name. Contract in engine.h. */
#include "engine_plan.h"
#include "isa_name.h"
#include "engine_vector.h"

#include "engine_bytes.h"
#include "engine_encode.h"
#include "engine_pool.h"
#include "engine_windows.h"
#include "engine_max.h"
#include "engine_sliced.h"
#include "engine_layers.h"

#define LBP_BITS 16
#include "engine_word.h"
#undef LBP_BITS
#define LBP_BITS 32
#include "engine_word.h"
#undef LBP_BITS
#define LBP_BITS 64
#include "engine_word.h"
#undef LBP_BITS

#if defined(__AVX512VBMI__) && defined(__AVX512BITALG__) && defined(__AVX512VNNI__) && LBP_VB == 64
#define LBP_USUAL512
#include "engine_usual512.h"
#endif
#include "engine_usual.h"
#if defined(LBP_USUAL512)
#include "engine_beside.h"
#endif

/* Maps wider than a word: what a shift brings in comes from the neighbouring strip. */
static v64 load_shifted(const uint8_t *at, int32_t strip, int32_t strips, int32_t strip_bytes, int by, int direction) {
    const v64 here = load(at);
    if (direction == 0 || by == 0) return here;
    const int inside = direction < 0 ? strip > 0 : strip + 1 < strips;
    const v64 next = inside ? load(direction < 0 ? at - strip_bytes : at + strip_bytes) : (v64){0};
    return direction < 0 ? here << by | next >> (64 - by) : here >> by | next << (64 - by);
}

static void compare_strips(const lbp_map *map, const int32_t *a, uint8_t *scratch) {
    const int planes = a[2], gated = a[3] && planes > 1;
    for (int32_t u = 0, n = a[5] + a[6] + a[7]; u < n; u++) {
        const int32_t *user = a + 8 + 3 * u;
        const int direction = u < a[5] ? -1 : u >= a[5] + a[6];
        for (int32_t s = 0; s < map->strips; s++)
            for (int32_t v = 0; v < map->body; v += LBP_VB) {
                v64 greater = (v64){0};
                for (int i = 0; i < planes; i++) {
                    const uint8_t *at = scratch + a[1] + (size_t)i * (size_t)a[4] + s * map->haloed_strip + v;
                    const v64 pivot = load(at) | load(map->pad + s * map->plain_strip + v);
                    const v64 x = load_shifted(at + user[0], s, map->strips, map->haloed_strip, user[1], direction);
                    greater = gated && i == planes - 1 ? greater | (x & ~pivot) : greater_step(x, pivot, greater);
                }
                store(scratch + user[2] + s * map->plain_strip + v, greater);
            }
    }
}

static void compare(const lbp_map *map, const int32_t *a, uint8_t *scratch) {
    if (map->strips > 1)
        compare_strips(map, a, scratch);
    else if (map->word_bytes == 4)
        compare32(map, a, scratch);
    else if (map->word_bytes == 2)
        compare16(map, a, scratch);
    else
        compare64(map, a, scratch);
}

/* POOL: planes of a map; POOL_BITS: the bits of a map that nothing else reads, its gate not applied yet. */
LBP_INLINE void pool(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
    const lbp_map *map = &e->maps[a[0]];
    const uint8_t *plane[LBP_MAX_PLANES];
    const int planes = a[1], gated = a[2] && planes > 1, raw = from_bits && gated;
    for (int i = 0; i < planes; i++) plane[i] = scratch + (from_bits ? a[4 + 2 * i] : a[4] + i * a[6]);
    uint16_t *out = (uint16_t *)(scratch + e->feature_offset) + a[3];
    if (!pools_in_cells(e, map, planes) && pools_by_masks(e, map, planes))
        pool_by_masks(e, map, plane, planes, gated, raw, out);
    else if (!pools_in_cells(e, map, planes))
        pool_plainly(e, map, plane, from_bits ? a + 5 : NULL, from_bits || a[5], planes, gated, raw, a[3], scratch);
    else if (map->word_bytes == 4)
        pool32(e, map, plane, planes, gated, raw, out);
    else if (map->word_bytes == 2)
        pool16(e, map, plane, planes, gated, raw, out);
    else
        pool64(e, map, plane, planes, gated, raw, out);
}

/* `count` sums at once, so that features are read once. */
LBP_INLINE void add_weights(const lbp_engine *e, const uint16_t *features, int first, int count, int32_t *scores) {
    const size_t padded = (size_t)e->padded_features;
    const int16_t *weights = e->weights16 + (size_t)first * padded;
    v32 sum[5] = {(v32){0}};
    for (size_t f = 0; f < padded; f += LBP_VB / 2) {
        const v64 x = load((const uint8_t *)(features + f));
#pragma GCC unroll 5
        for (int c = 0; c < count; c++)
            sum[c] += add_pairs(x, load((const uint8_t *)(weights + (size_t)c * padded + f)));
    }
    for (int c = 0; c < count; c++) {
        uint32_t lanes[LBP_VB / 4], total = (uint32_t)e->bias[first + c];
        memcpy(lanes, &sum[c], sizeof lanes);
        for (int i = 0; i < LBP_VB / 4; i++) total += lanes[i];
        scores[first + c] = (int32_t)total;
    }
}

static __attribute__((noinline)) void score(const lbp_engine *e, int32_t *scores, uint8_t *scratch) {
    const uint8_t *features = scratch + e->feature_offset;
#if defined(LBP_USUAL512)
    if (e->cells) {
        score_cells(e, features, scores);
        return;
    }
#endif
    if (e->narrow) {
        int c = 0;
        for (; c + 5 <= e->sums; c += 5) add_weights(e, (const uint16_t *)features, c, 5, scores);
        for (; c < e->sums; c++) add_weights(e, (const uint16_t *)features, c, 1, scores);
        return;
    }
    for (int c = 0; c < e->sums; c++) {
        uint32_t total = (uint32_t)e->bias[c]; /* wraps nowhere: programs whose sums leave 32 bits are refused */
        const int32_t *weights = e->weights32 + (size_t)c * (size_t)e->features;
        for (int f = 0; f < e->features; f++) total += (uint32_t)weights[f] * ((const uint32_t *)features)[f];
        scores[c] = (int32_t)total;
    }
}

static void run_image(const lbp_engine *e, const uint8_t *image, int32_t *scores, uint8_t *scratch) {
    for (int32_t i = 0; i < e->op_count; i++) {
        const int32_t *a = e->ops[i].args;
        switch (e->ops[i].run) {
            case LBP_OP_IMAGE: take_image(e, a, image, scratch); break;
            case LBP_OP_IMAGE + LBP_USUAL32: take_usual(e, a, image, scratch + a[1]); break;
            case LBP_OP_SHRINK + LBP_USUAL16:
            case LBP_OP_SHRINK: shrink(e, a, scratch); break;
            case LBP_OP_BYTE_MAX: byte_max(e, a, scratch); break;
            case LBP_OP_BYTE_COMPARE: byte_compare(e, a, e->ops[i].count, scratch); break;
            case LBP_OP_BYTE_POOL: pool_bytes(e, a, scratch); break;
            case LBP_OP_FILL: fill(e, a, scratch); break;
            case LBP_OP_ENCODE: encode(e, a, scratch); break;
            case LBP_OP_COMPARE + LBP_USUAL16:
            case LBP_OP_COMPARE: compare(&e->maps[a[0]], a, scratch); break;
            case LBP_OP_MAX: max_pool(e, a, scratch); break;
            case LBP_OP_POOL: pool(e, a, 0, scratch); break;
            case LBP_OP_POOL_BITS: pool(e, a, 1, scratch); break;
            case LBP_OP_BYTE_COMPARE + LBP_USUAL32: compare_bytes32(e, &e->ops[i], scratch); break;
            case LBP_OP_BYTE_COMPARE + LBP_USUAL16: compare_bytes16(e, &e->ops[i], scratch); break;
            case LBP_OP_ENCODE + LBP_USUAL32: encode_usual32(e, &e->ops[i], scratch); break;
            case LBP_OP_COMPARE + LBP_USUAL32: compare_usual32(e, a, scratch); break;
            case LBP_OP_ENCODE + LBP_USUAL16: encode_usual16(a, scratch); break;
            case LBP_OP_POOL + LBP_USUAL32: pool_maps32(e, &e->ops[i], scratch); break;
            case LBP_OP_POOL_BITS + LBP_USUAL32: pool_bits32(e, a, scratch); break;
            case LBP_OP_POOL + LBP_USUAL16: pool_maps16(e, a, scratch); break;
            case LBP_OP_POOL_BITS + LBP_USUAL16: pool_bits16(e, a, scratch); break;
            default: break;
        }
    }
    score(e, scores, scratch);
}

/* (count, sums): the scores, or what the layers read. */
static void run_images(const lbp_engine *e, const uint8_t *images, size_t count, int32_t *sums, uint8_t *scratch) {
    const size_t size = (size_t)e->channels * (size_t)e->height * (size_t)e->width, width = (size_t)e->sums;
    const size_t step = e->vector ? LBP_SLICE : 1;
#if defined(LBP_USUAL512)
    for (size_t done; e->beside && (done = run_beside(e, images, count, sums, scratch));)
        count -= done, images += done * size, sums += done * width;
#endif
    for (size_t i = 0; i < count; i += step, images += step * size, sums += step * width) {
        if (e->vector)
            run_slice(e, images, (int)(count - i < step ? count - i : step), sums, scratch);
        else
            run_image(e, images, sums, scratch);
    }
}

void LBP_NAME(lbp_engine_run_)(const lbp_engine *e, const uint8_t *images, size_t count, int32_t *scores,
                               uint8_t *scratch) {
    if (!e->layer_count) {
        run_images(e, images, count, scores, scratch);
        return;
    }
    const size_t size = (size_t)e->channels * (size_t)e->height * (size_t)e->width;
    int32_t *sums = (int32_t *)(scratch + e->sum_offset);
    for (size_t some; count; count -= some, images += some * size) {
        some = count < (size_t)e->images ? count : (size_t)e->images;
        run_images(e, images, some, sums, scratch);
        for (size_t n = 0; n < some; n++, scores += e->classes) add_layers(e, sums + n * (size_t)e->sums, scores, scratch);
    }
}

const int LBP_NAME(lbp_engine_vector_) = LBP_VB;
