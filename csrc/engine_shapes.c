/* Which ops and plans have code of their own: maps of 28 x 28 and 14 x 14 pixels in 4 x 4 windows; the small ones are
 * gated, the large ones gated or packed bits. */
#include "engine_plan.h"

#include <stdlib.h>

static int within(int32_t value, int32_t low, int32_t high) { return low <= value && value <= high; }

/* Maps of the shapes of engine_usual.h: 28 x 28 pixels in lanes of 7 rows, 14 x 14 in lanes of 4. */
static int32_t usual_map(const lbp_map *map) {
    if (map->lanes != 4) return 0;
    if (map->word_bytes == 4 && map->height == 28 && map->width == 28) return LBP_USUAL32;
    return map->word_bytes == 2 && map->height == 14 && map->width == 14 ? LBP_USUAL16 : 0;
}

/* Whether no comparison's shift leaves the zeros beside the pixels of a word of 28. */
static int turns(const lbp_op *op) {
    for (int i = 9; i < op->count; i += 3)
        if (op->args[i] > 4) return 0;
    return 1;
}

/* Rows of bytes with their border in 32. */
static int usual_bytes(const lbp_bytes *b) { return b->height == 28 && b->width == 28 && b->pitch == 32; }

static int32_t usual_shrink(const lbp_bytes *in, const lbp_bytes *out, int32_t factor) {
    return usual_bytes(in) && out->pitch == 32 && factor == 2 ? LBP_USUAL16 : 0;
}

static int32_t usual_pool(const lbp_engine *engine, const lbp_op *op, const lbp_map *map) {
    const int32_t *a = op->args, shape = usual_map(map), planes = shape == LBP_USUAL32 ? 4 : 3;
    const lbp_windows *w = &engine->windows;
    if (!engine->narrow || !map->in_cells || a[1] != planes || w->columns != 4) return 0;
    if (!a[2] && shape != LBP_USUAL32) return 0;
    return shape == LBP_USUAL32 ? (w->all_by_one && w->steps == 3 ? shape : 0) : (w->steps ? 0 : shape);
}

/* What has code of its own: codes of 4 bits on the large maps, of 3 on the small, samples up to 2 rows away. */
static int32_t usual_shape(const lbp_engine *engine, const lbp_op *op) {
    const int32_t *a = op->args;
    if (engine->vector) return 0;
    const int compares_bytes = op->kind == LBP_OP_BYTE_COMPARE, has_map = compares_bytes || op->kind >= LBP_OP_ENCODE;
    const lbp_map *map = has_map ? &engine->maps[a[compares_bytes ? 2 : 0]] : NULL;
    switch (op->kind) {
        case LBP_OP_IMAGE: return usual_bytes(&engine->bytes[a[2]]) ? LBP_USUAL32 : 0;
        case LBP_OP_BYTE_COMPARE: return engine->bytes[a[1]].pitch == 32 ? usual_map(map) : 0;
        case LBP_OP_ENCODE:
            if (a[1] != LBP_CODE_GATED && (a[1] != LBP_CODE_PACK || map->word_bytes != 4)) return 0;
            if (a[2] != (map->word_bytes == 4 ? 4 : 3) || !a[7] || map->halo != 2) return 0;
            return usual_map(map);
        case LBP_OP_SHRINK: return usual_shrink(&engine->bytes[a[1]], &engine->bytes[a[3]], a[4]);
        case LBP_OP_COMPARE:
            if (a[2] != (map->word_bytes == 4 ? 4 : 3) || map->halo != 2 || !turns(op)) return 0;
            if (!a[3] && map->word_bytes != 4) return 0;
            return usual_map(map);
        case LBP_OP_POOL:
        case LBP_OP_POOL_BITS: return usual_pool(engine, op, map);
        default: return 0;
    }
}

/* The ENCODE whose planes POOL `pool` reads, so that both can be done at once. */
static void pool_with_encode(lbp_engine *engine, int pool) {
    enum { BACK = 256 };
    lbp_op *op = &engine->ops[pool];
    for (int i = pool - 1; i >= 0 && i >= pool - BACK; i--) {
        lbp_op *encode = &engine->ops[i];
        if (encode->kind != LBP_OP_ENCODE || encode->run == encode->kind || encode->args[5] != op->args[4] || encode->args[6] != op->args[6])
            continue;
        encode->feature = op->args[3], op->pooled = 1;
        return;
    }
}

void lbp_find_shape(lbp_engine *engine, int index) {
    lbp_op *op = &engine->ops[index];
    op->run = op->kind + usual_shape(engine, op), op->feature = -1;
    if (op->run == LBP_OP_POOL + LBP_USUAL32 || op->run == LBP_OP_POOL + LBP_USUAL16) pool_with_encode(engine, index);
}

/* The shape of all pooled sums, and of all ops if `all`: LBP_USUAL32, LBP_USUAL16, or 0. */
static int32_t common_shape(const lbp_engine *engine, int all) {
    int32_t shape = 0;
    for (int i = 0; i < engine->op_count; i++) {
        const lbp_op *op = &engine->ops[i];
        const int pools = op->kind == LBP_OP_POOL || op->kind == LBP_OP_POOL_BITS || op->kind == LBP_OP_BYTE_POOL;
        if (op->kind == LBP_OP_FILL || (!pools && !all)) continue;
        if (op->kind == LBP_OP_IMAGE && op->run != op->kind) continue; /* of 28 x 28 pixels, shrunk or not */
        if (op->run == op->kind || (shape && op->run - op->kind != shape)) return 0;
        if (all && op->kind == LBP_OP_POOL && !op->pooled) return 0;
        if (pools && op->args[3] % 16) return 0;
        shape = op->run - op->kind;
    }
    return shape;
}

/* Whether all maps are gated (1), or none is (0); -1: some are. */
static int32_t common_gate(const lbp_engine *engine) {
    int32_t gate = -1;
    for (int i = 0; i < engine->op_count; i++) {
        const lbp_op *op = &engine->ops[i];
        const int pools = op->kind == LBP_OP_POOL || op->kind == LBP_OP_POOL_BITS;
        if (!pools && op->kind != LBP_OP_ENCODE && op->kind != LBP_OP_COMPARE) continue;
        const int32_t gated = pools ? op->args[2] : op->kind == LBP_OP_COMPARE ? op->args[3] : op->args[1] == LBP_CODE_GATED;
        if (gate >= 0 && gate != (gated != 0)) return -1;
        gate = gated != 0;
    }
    return gate;
}

/* Weights of pairs of channels, (pairs, sums, 32): 16 windows of the one, then of the other. */
static void lay_out_pairs(lbp_engine *engine) {
    const size_t sums = (size_t)engine->sums, features = (size_t)engine->features;
    for (size_t f = 0; f < features; f++)
        for (size_t c = 0; c < sums; c++)
            engine->cell_weights[(f / 32 * sums + c) * 32 + f % 32] = (int8_t)engine->weights32[c * features + f];
}

/* Weights of bytes of two windows of 4 columns, (channels, sums, 16): of all a byte's ones, those of its upper window;
 * of the ones of its lower window, what the lower one's are more. Returns whether they fit. */
static int lay_out_halves(lbp_engine *engine) {
    const size_t sums = (size_t)engine->sums, features = (size_t)engine->features;
    for (size_t f = 0; f < features; f += 2)
        for (size_t c = 0; c < sums; c++) {
            const int32_t *weight = engine->weights32 + c * features + f;
            int8_t *to = engine->cell_weights + (f / 16 * sums + c) * 16 + f % 16 / 2;
            if (!within(weight[0] - weight[1], -128, 127)) return 0;
            to[0] = (int8_t)weight[1], to[8] = (int8_t)(weight[0] - weight[1]);
        }
    return 1;
}

const char *lbp_plan_cells(lbp_engine *engine) {
    const size_t sums = (size_t)engine->sums, features = (size_t)engine->features;
    const int32_t shape = common_shape(engine, 0), gate = common_gate(engine);
    if (features % 16 || !shape || gate < 0 || (shape == LBP_USUAL16 && common_shape(engine, 1) != shape)) return NULL;
    for (size_t i = 0; i < sums * features; i++)
        if (!within(engine->weights32[i], -128, 127)) return NULL;
    engine->cell_weights = calloc((features + 31) / 32 * sums, 32);
    if (!engine->cell_weights) return "memory";
    engine->gated = gate;
    if (shape == LBP_USUAL16) {
        engine->beside = lay_out_halves(engine) ? 8 : 0;
    } else {
        lay_out_pairs(engine);
        engine->cells = 1, engine->beside = common_shape(engine, 1) ? 4 : 0;
    }
    if (engine->beside) engine->scratch_bytes *= (size_t)engine->beside;
    return NULL;
}
