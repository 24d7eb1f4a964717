/* Reads a plan into an engine. */
#include "engine_plan.h"

#include <stdlib.h>
#include <string.h>

enum { LBP_SCRATCH_MAX = 1 << 28 }; /* bytes, planes and features; engine/plan.py refuses the same */

typedef struct {
    int32_t *at;
    const int32_t *end;
} reader;

static int take(reader *from, int32_t *to, size_t count) {
    if ((size_t)(from->end - from->at) < count) return 0;
    memcpy(to, from->at, count * sizeof *to);
    from->at += count;
    return 1;
}

static int within(int32_t value, int32_t low, int32_t high) { return low <= value && value <= high; }
/* A window's start and end on a side that is not known yet. */
static int is_window(const int32_t *window) { return 0 <= window[0] && window[0] < window[1]; }
static int32_t round_up(int32_t value, int32_t to) { return (value + to - 1) / to * to; }

static const char *read_header(lbp_engine *engine, reader *from, size_t words) {
    int32_t h[LBP_PLAN_HEADER];
    if (!take(from, h, LBP_PLAN_HEADER)) return "shorter than its header";
    if (h[0] != LBP_PLAN_MAGIC || h[1] != LBP_PLAN_VERSION) return "not a plan of this version";
    if (h[2] < 0 || (size_t)h[2] != words) return "number of words";
    if (!within(h[3], 1, 1 << 14) || !within(h[4], 1, 4096) || !within(h[5], 1, 4096)) return "image shape";
    if (!within(h[7], 0, 64) || !within(h[8], 0, 64) || !within(h[9], 1, 1 << 20)) return "number of maps or ops";
    if (!within(h[10], 1, 1 << 24) || !within(h[11], 1, LBP_MAX_UNITS)) return "number of features or sums";
    /* Features come after the planes, aligned as these are. */
    if (!within(h[6], 0, LBP_SCRATCH_MAX - (int32_t)sizeof(uint32_t) * h[10]) || h[6] % LBP_VECTOR_MAX) return "scratch size";
    if (!within(h[13], 1, LBP_MAX_WINDOWS) || !within(h[14], 1, LBP_MAX_WINDOWS)) return "number of windows";
    engine->channels = h[3], engine->height = h[4], engine->width = h[5];
    engine->scratch_bytes = (size_t)h[6];
    engine->map_count = h[7], engine->bytes_count = h[8], engine->op_count = h[9];
    engine->features = h[10], engine->sums = h[11], engine->vector = h[15];
    if (h[15] != 0 && h[15] != 16 && h[15] != 32 && h[15] != 64) return "bytes of a vector";
    if (!within(h[12], h[15] ? 1 : 0, h[15] ? 31 : 1)) return "bits of a feature";
    engine->narrow = h[15] ? 0 : h[12], engine->feature_bits = h[12];
    engine->windows.rows = h[13], engine->windows.columns = h[14];
    if (!within(h[16], 0, LBP_MAX_LAYERS)) return "number of layers";
    engine->layer_count = h[16];
    return NULL;
}

/* Marks the pixels of a map in its plain planes `valid` and `pad`. */
static int mark_pixels(lbp_map *map) {
    const size_t size = (size_t)map->plain_strip * (size_t)map->strips;
    map->valid = calloc(4, size); /* twice as long as planes: see pool_planes */
    if (!map->valid) return 0;
    map->pad = map->valid + 2 * size;
    for (int r = 0; r < map->height; r++)
        for (int x = 0; x < map->width; x++) {
            const int bits = map->word_bytes * 8, word = (r % map->rows) * map->lanes + r / map->rows;
            const size_t byte = (size_t)(x / bits) * (size_t)map->plain_strip +
                                (size_t)word * (size_t)map->word_bytes + (size_t)(x % bits / 8);
            map->valid[byte] |= (uint8_t)(1u << (x % 8));
        }
    for (size_t i = 0; i < size; i++) map->pad[i] = (uint8_t)~map->valid[i];
    return 1;
}

/* Images as lanes: a vector a pixel. */
static const char *lay_out_slices(lbp_map *map, int32_t vector, size_t scratch_bytes) {
    if (map->height * map->width > (1 << 20)) return "map shape";
    if ((size_t)(map->height * map->width) * (size_t)vector > scratch_bytes) return "map larger than scratch";
    map->strips = 1, map->lanes = 1, map->rows = map->height, map->group = 1, map->word_bytes = 8;
    map->body = map->plain_strip = map->haloed_strip = map->height * map->width * vector;
    map->valid = malloc((size_t)map->body);
    if (!map->valid) return "memory";
    map->pad = map->valid;
    memset(map->valid, 255, (size_t)map->body);
    return NULL;
}

static const char *read_map(lbp_map *map, int32_t vector, size_t scratch_bytes, reader *from) {
    int32_t v[6];
    if (!take(from, v, 6)) return "shorter than its maps";
    if ((v[0] != 2 && v[0] != 4 && v[0] != 8) || !within(v[2], 1, 4096) || !within(v[3], 1, 4096)) return "map shape";
    if (!within(v[5], 0, 31)) return "halo of a map";
    map->height = v[2], map->width = v[3], map->halo = v[5];
    if (vector) return lay_out_slices(map, vector, scratch_bytes);
    const int32_t bits = v[0] * 8;
    if (v[1] != (v[3] + bits - 1) / bits || (v[1] > 1 && v[0] != 8)) return "words of a map";
    if (!within(v[4], 1, v[2])) return "lanes of a map";
    map->word_bytes = v[0], map->strips = v[1], map->lanes = v[4];
    map->rows = (map->height + map->lanes - 1) / map->lanes;
    map->group = map->lanes * map->word_bytes;
    map->body = map->rows * map->group;
    map->plain_strip = round_up(map->body, LBP_VECTOR_MAX);
    map->centre = round_up(map->halo * map->group, 32);
    const int32_t after = map->body + map->halo * map->group;
    map->haloed_strip = map->centre + round_up(after > map->plain_strip ? after : map->plain_strip, 32);
    const int small = map->group == 2 || map->group == 4 || map->group == 8 || map->group == 16;
    map->near = small && map->halo <= map->rows;
    for (int i = 0; small && i < 16; i++) {
        const int byte = i % map->group;
        map->kept_low[i] = byte < map->group - map->word_bytes ? 255 : 0;
        map->kept_high[i] = byte >= map->word_bytes ? 255 : 0;
    }
    if ((size_t)map->plain_strip * (size_t)map->strips > scratch_bytes) return "map larger than scratch";
    return mark_pixels(map) ? NULL : "memory";
}

static const char *read_bytes(lbp_bytes *bytes, reader *from) {
    int32_t v[3];
    if (!take(from, v, 3)) return "shorter than its byte maps";
    if (!within(v[0], 1, 4096) || !within(v[1], 1, 4096) || !within(v[2], 0, 31)) return "byte map shape";
    bytes->height = v[0], bytes->width = v[1], bytes->border = v[2];
    bytes->pitch = round_up(v[1] + 2 * v[2], 16);
    return NULL;
}

/* Windows fit cells when they tile rows by lanes and columns without a gap, none wider than a cell. */
static void plan_spread(lbp_windows *w, lbp_map *map) {
    const int32_t cell = w->columns <= map->word_bytes ? 8 : 4;
    if (!map->near || map->strips > 1 || map->lanes != w->rows || w->columns * cell > map->word_bytes * 8) return;
    for (int i = 0; i < w->rows; i++) {
        const int32_t end = (i + 1) * map->rows;
        if (w->row[i][0] != i * map->rows || w->row[i][1] != (end < map->height ? end : map->height)) return;
    }
    int32_t at = 0;
    for (int i = 0; i < w->columns; at = w->column[i++][1])
        if (w->column[i][0] != at || w->column[i][1] - at > cell) return;
    if (at != map->width) return;
    w->cell = cell, w->all_by_one = w->columns <= 4, w->steps = 0;
    for (int i = 0; i + 1 < w->columns; i++) {
        const int32_t width = w->column[i][1] - w->column[i][0];
        if (width == cell) continue;
        w->all_by_one = w->all_by_one && width == cell - 1;
        /* Windows up to i are in place: what lies above window i moves up. */
        w->step[w->steps].mask = ~0ull << (cell * i + width);
        w->step[w->steps++].shift = cell - width;
    }
    map->in_cells = 1;
}

/* Masks of windows that fit no cells. */
static const char *plan_masks(const lbp_windows *w, lbp_map *map) {
    if (map->strips > 1 || w->rows * ((w->columns + 3) / 4) > LBP_MASKED_SUMS) return NULL;
    map->row_masks = calloc((size_t)w->rows, (size_t)map->plain_strip);
    if (!map->row_masks) return "memory";
    for (int i = 0; i < w->rows; i++) {
        map->row_start[i] = map->body;
        for (int32_t r = w->row[i][0]; r < w->row[i][1]; r++) {
            const int32_t at = (r % map->rows * map->lanes + r / map->rows) * map->word_bytes;
            memset(map->row_masks + (size_t)i * (size_t)map->plain_strip + at, 255, (size_t)map->word_bytes);
            if (at < map->row_start[i]) map->row_start[i] = at;
            if (at + map->word_bytes > map->row_end[i]) map->row_end[i] = at + map->word_bytes;
        }
    }
    for (int j = 0; j < w->columns; j++)
        for (int32_t x = w->column[j][0]; x < w->column[j][1]; x++)
            for (int32_t bit = x; bit < 64; bit += 8 * map->word_bytes) map->column_masks[j] |= 1ull << bit;
    return NULL;
}

static const char *plan_pool(lbp_windows *w, lbp_map *map) {
    if (map->in_cells || map->row_masks) return NULL;
    plan_spread(w, map);
    return plan_masks(w, map);
}

static const char *read_windows(lbp_engine *engine, reader *from) {
    lbp_windows *w = &engine->windows;
    for (int i = 0; i < w->rows; i++)
        if (!take(from, w->row[i], 2) || !is_window(w->row[i])) return "row windows";
    for (int i = 0; i < w->columns; i++)
        if (!take(from, w->column[i], 2) || !is_window(w->column[i])) return "column windows";
    return NULL;
}

static const char *read_ops(lbp_engine *engine, reader *from) {
    engine->ops = calloc((size_t)engine->op_count, sizeof *engine->ops);
    if (!engine->ops) return "memory";
    const int32_t windows = engine->windows.rows * engine->windows.columns;
    for (int i = 0; i < engine->op_count; i++) {
        lbp_op *op = &engine->ops[i];
        if (from->end - from->at < 2) return "shorter than its ops";
        op->kind = from->at[0], op->count = from->at[1], op->args = from->at + 2;
        if (!within(op->kind, 0, LBP_OP_KINDS - 1)) return "unknown op";
        if (op->count < 0 || op->count > from->end - from->at - 2) return "shorter than its ops";
        from->at += 2 + op->count;
        const char *reason = lbp_check_op(engine, op);
        if (reason) return reason;
        if ((op->kind == LBP_OP_POOL || op->kind == LBP_OP_POOL_BITS) && !engine->vector &&
            (reason = plan_pool(&engine->windows, &engine->maps[op->args[0]])))
            return reason;
        lbp_find_shape(engine, i);
        if (op->kind == LBP_OP_COMPARE) /* rows to bytes, once */
            for (int32_t *user = from->at - op->count + 8; user < from->at; user += 3)
                *user *= engine->maps[op->args[0]].group;
    }
    return engine->features % windows ? "features a channel" : NULL;
}

/* Features by sum, sign and bit of their weights' magnitudes. */
static const char *list_runs(lbp_engine *engine) {
    enum { BITS = 31 };
    const size_t sums = (size_t)engine->sums, features = (size_t)engine->features;
    size_t entries = 0, runs = 0;
    long all = 0;
    for (size_t i = 0; i < sums * features; i++) {
        all |= labs(engine->weights32[i]);
        for (uint32_t w = (uint32_t)labs(engine->weights32[i]); w; w &= w - 1) entries++;
    }
    engine->runs = calloc(sums * 2 * BITS, sizeof *engine->runs);
    engine->run_end = calloc(sums, sizeof *engine->run_end);
    engine->run_features = calloc(entries + 1, sizeof *engine->run_features);
    if (!engine->runs || !engine->run_end || !engine->run_features) return "memory";
    int32_t *next = engine->run_features;
    for (size_t c = 0; c < sums; c++) {
        for (int kind = 0; kind < 2 * BITS && all >> kind / 2; kind++) {
            lbp_run run = {kind / 2, kind % 2, 0, next};
            for (size_t f = 0; f < features; f++) {
                const int32_t w = engine->weights32[c * features + f];
                if ((w < 0) == run.negative && labs(w) >> run.shift & 1) next[run.count++] = (int32_t)f * engine->vector;
            }
            next += run.count;
            if (run.count) engine->runs[runs++] = run;
        }
        engine->run_end[c] = (int32_t)runs;
    }
    return NULL;
}

static const char *read_weights(lbp_engine *engine, reader *from) {
    const size_t sums = (size_t)engine->sums, features = (size_t)engine->features;
    if ((size_t)(from->end - from->at) < sums * features + sums) return "weights";
    engine->padded_features = round_up(engine->features, LBP_VECTOR_MAX / 2);
    const size_t padded = (size_t)engine->padded_features;
    engine->bias = malloc(sums * sizeof *engine->bias);
    engine->weights32 = malloc(sums * features * sizeof *engine->weights32);
    engine->weights16 = aligned_alloc(LBP_VECTOR_MAX, sums * padded * sizeof *engine->weights16);
    if (!engine->bias || !engine->weights32 || !engine->weights16) return "memory";
    memset(engine->weights16, 0, sums * padded * sizeof *engine->weights16);
    for (size_t c = 0; c < sums; c++)
        for (size_t f = 0; f < features; f++) {
            const int32_t weight = from->at[c * features + f];
            if (engine->narrow && !within(weight, -32767, 32767)) return "weights of a narrow plan";
            engine->weights32[c * features + f] = weight;
            engine->weights16[c * padded + f] = (int16_t)weight;
        }
    memcpy(engine->bias, from->at + sums * features, sums * sizeof *engine->bias);
    from->at += sums * features + sums;
    /* Features come after all planes; a vector may read past the last. */
    engine->feature_offset = engine->scratch_bytes;
    /* Vectors may reach past the last plane, and past the last feature. */
    const size_t each = engine->vector ? (size_t)engine->vector * (size_t)engine->feature_bits : sizeof(uint32_t);
    engine->scratch_bytes += padded * each + 16 * LBP_VECTOR_MAX;
    return engine->vector ? list_runs(engine) : lbp_plan_cells(engine);
}

static const char *read_plan(lbp_engine *engine, const int32_t *plan, size_t words) {
    engine->words = malloc(words * sizeof *engine->words);
    if (!engine->words) return "memory";
    memcpy(engine->words, plan, words * sizeof *plan);
    reader from = {engine->words, engine->words + words};
    const char *reason = read_header(engine, &from, words);
    if (reason) return reason;
    engine->maps = calloc((size_t)engine->map_count + 1, sizeof *engine->maps);
    engine->bytes = calloc((size_t)engine->bytes_count + 1, sizeof *engine->bytes);
    engine->layers = calloc((size_t)engine->layer_count + 1, sizeof *engine->layers);
    if (!engine->maps || !engine->bytes || !engine->layers) return "memory";
    for (int i = 0; i < engine->map_count; i++)
        if ((reason = read_map(&engine->maps[i], engine->vector, engine->scratch_bytes, &from))) return reason;
    for (int i = 0; i < engine->bytes_count; i++)
        if ((reason = read_bytes(&engine->bytes[i], &from))) return reason;
    if ((reason = read_windows(engine, &from)) || (reason = read_ops(engine, &from))) return reason;
    if ((reason = read_weights(engine, &from))) return reason;
    return lbp_plan_layers(engine, from.at, from.end);
}

lbp_engine *lbp_engine_load(const int32_t *plan, size_t words, const char **reason) {
    lbp_engine *engine = calloc(1, sizeof *engine);
    *reason = engine ? read_plan(engine, plan, words) : "memory";
    if (!*reason) return engine;
    lbp_engine_free(engine);
    return NULL;
}

void lbp_engine_free(lbp_engine *engine) {
    if (!engine) return;
    for (int i = 0; engine->maps && i < engine->map_count; i++)
        free(engine->maps[i].valid), free(engine->maps[i].row_masks);
    for (int i = 0; engine->layers && i < engine->layer_count; i++) free(engine->layers[i].weights);
    free(engine->layers);
    free(engine->maps);
    free(engine->bytes);
    free(engine->ops);
    free(engine->weights16);
    free(engine->weights32);
    free(engine->cell_weights);
    free(engine->bias);
    free(engine->runs);
    free(engine->run_end);
    free(engine->run_features);
    free(engine->words);
    free(engine);
}
