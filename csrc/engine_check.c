/* Whether an op keeps inside the scratch memory and its maps: nothing is run that has not passed here. */
#include "engine_plan.h"

typedef struct {
    const lbp_engine *engine;
    const int32_t *args;
    int32_t count;
} op_args;

static int within(int64_t value, int64_t low, int64_t high) { return low <= value && value <= high; }

static const lbp_map *map_of(const op_args *op, int at) {
    return within(op->args[at], 0, op->engine->map_count - 1) ? &op->engine->maps[op->args[at]] : 0;
}
static const lbp_bytes *bytes_of(const op_args *op, int at) {
    return within(op->args[at], 0, op->engine->bytes_count - 1) ? &op->engine->bytes[op->args[at]] : 0;
}

static int inside(const op_args *op, int64_t start, int64_t size) {
    return start >= 0 && size >= 0 && start + size <= (int64_t)op->engine->scratch_bytes;
}
/* `planes` planes whose first words lie at `first`, `stride` apart. */
static int planes_ok(const op_args *op, const lbp_map *map, int64_t first, int haloed, int planes, int64_t stride) {
    const int64_t strip = haloed ? map->haloed_strip : map->plain_strip;
    const int64_t start = first - (haloed ? map->centre : 0), size = strip * map->strips;
    if (planes > 1 && !within(stride, size, 1 << 28)) return 0;
    return inside(op, start, size + (planes - 1) * stride);
}
static int bytes_ok(const op_args *op, const lbp_bytes *b, int64_t at) {
    return inside(op, at, (int64_t)(b->height + 2 * b->border) * b->pitch + LBP_VECTOR_MAX);
}
static int feature_ok(const op_args *op, int64_t feature, int32_t height, int32_t width) {
    const lbp_windows *w = &op->engine->windows;
    for (int i = 0; i < w->rows; i++)
        if (w->row[i][1] > height) return 0;
    for (int i = 0; i < w->columns; i++)
        if (w->column[i][1] > width) return 0;
    return feature >= 0 && feature + (int64_t)w->rows * w->columns <= op->engine->features;
}

static const char *check_image(const op_args *op) {
    if (op->count != 3) return "IMAGE: arguments";
    const lbp_bytes *b = bytes_of(op, 2);
    if (!b || b->height != op->engine->height || b->width != op->engine->width) return "IMAGE: byte map";
    if (!within(op->args[0], 0, op->engine->channels - 1)) return "IMAGE: channel";
    return bytes_ok(op, b, op->args[1]) ? 0 : "IMAGE: outside scratch";
}

static const char *check_reduce(const op_args *op, int factor) {
    const lbp_bytes *from = bytes_of(op, 1), *to = bytes_of(op, 3);
    if (factor != 2 && factor != 4) return "SHRINK: factor";
    if (!from || !to || to->height != from->height / factor || to->width != from->width / factor) return "SHRINK: shape";
    return bytes_ok(op, from, op->args[0]) && bytes_ok(op, to, op->args[2]) ? 0 : "SHRINK: outside scratch";
}

static const char *check_byte_compare(const op_args *op) {
    if (op->count < 6 || op->count % 3) return "BYTE_COMPARE: arguments";
    const lbp_bytes *b = bytes_of(op, 1);
    const lbp_map *map = map_of(op, 2);
    if (!b || !map || b->height != map->height || b->width != map->width) return "BYTE_COMPARE: shape";
    if (!bytes_ok(op, b, op->args[0])) return "BYTE_COMPARE: outside scratch";
    for (int i = 3; i < op->count; i += 3) {
        if (!within(op->args[i], -b->border, b->border) || !within(op->args[i + 1], -b->border, b->border))
            return "BYTE_COMPARE: offset outside the window";
        if (!planes_ok(op, map, op->args[i + 2], 0, 1, 0)) return "BYTE_COMPARE: outside scratch";
    }
    return 0;
}

static const char *check_byte_pool(const op_args *op) {
    const lbp_bytes *b = op->count == 3 ? bytes_of(op, 1) : 0;
    if (!b || !bytes_ok(op, b, op->args[0])) return "BYTE_POOL: byte map";
    return feature_ok(op, op->args[2], b->height, b->width) ? 0 : "BYTE_POOL: windows or feature";
}

static const char *check_slice(const op_args *op) {
    if (op->count != 5 || !op->engine->vector) return "SLICE: arguments";
    const lbp_bytes *b = bytes_of(op, 1);
    const lbp_map *map = map_of(op, 2);
    if (!b || !map || b->height != map->height || b->width != map->width) return "SLICE: shape";
    if (!bytes_ok(op, b, op->args[0]) || !planes_ok(op, map, op->args[3], 0, 8, map->plain_strip))
        return "SLICE: outside scratch";
    return inside(op, op->args[4], (int64_t)map->plain_strip * 8) ? 0 : "SLICE: outside scratch";
}

static const char *check_fill(const op_args *op) {
    const lbp_map *map = op->count == 3 ? map_of(op, 1) : 0;
    if (!map || !within(op->args[2], 0, 1)) return "FILL: arguments";
    return planes_ok(op, map, op->args[0], 0, 1, 0) ? 0 : "FILL: outside scratch";
}

static int planes_of_code(int code, int points) {
    int planes = 1;
    if (code == LBP_CODE_LIMIT) return 1;
    if (code != LBP_CODE_COUNT) return points;
    while (points >> planes) planes++;
    return planes;
}

static const char *check_encode(const op_args *op) {
    if (op->count < 10) return "ENCODE: arguments";
    const int32_t *a = op->args;
    const lbp_map *map = map_of(op, 0);
    if (!map || !within(a[1], 0, LBP_CODES - 1) || !within(a[2], 1, LBP_MAX_POINTS)) return "ENCODE: code";
    if (op->count != 8 + 2 * a[2] || (a[1] == LBP_CODE_GATED && a[2] < 2)) return "ENCODE: points";
    if (a[1] != LBP_CODE_LIMIT && !within(a[3], 0, (1 << a[2]) - 1)) return "ENCODE: floor";
    if (a[1] == LBP_CODE_LIMIT && !within(a[3], 1, a[2])) return "ENCODE: limit";
    if (a[4] != planes_of_code(a[1], a[2])) return "ENCODE: planes";
    if (!within(a[7], 0, 1) || !planes_ok(op, map, a[5], a[7], a[4], a[6])) return "ENCODE: outside scratch";
    for (int i = 8; i < op->count; i += 2)
        if (!within(a[i + 1], 0, 1) || !planes_ok(op, map, a[i], a[i + 1], 1, 0)) return "ENCODE: outside scratch";
    return 0;
}

static const char *check_compare(const op_args *op) {
    if (op->count < 8 || (op->count - 8) % 3) return "COMPARE: arguments";
    const int32_t *a = op->args;
    const lbp_map *map = map_of(op, 0);
    if (!map || !within(a[2], 1, LBP_MAX_PLANES) || !within(a[3], 0, 1)) return "COMPARE: planes";
    if (!planes_ok(op, map, a[1], 1, a[2], a[4])) return "COMPARE: outside scratch";
    const int32_t users = (op->count - 8) / 3;
    if (!within(a[5], 0, users) || !within(a[6], 0, users) || !within(a[7], 0, users) || a[5] + a[6] + a[7] != users)
        return "COMPARE: users";
    for (int i = 8; i < op->count; i += 3) {
        if (!within(a[i], -map->halo, map->halo) || !within(a[i + 1], 0, map->word_bytes * 8 - 1))
            return "COMPARE: offset outside the window";
        if (!planes_ok(op, map, a[i + 2], 0, 1, 0)) return "COMPARE: outside scratch";
    }
    return 0;
}

static const char *check_max(const op_args *op) {
    if (op->count != 7) return "MAX: arguments";
    const int32_t *a = op->args;
    const lbp_map *from = map_of(op, 0), *to = map_of(op, 2);
    if (!from || !to || to->height != from->height / 2 || to->width != from->width / 2) return "MAX: shape";
    if (!within(a[4], 1, LBP_MAX_PLANES)) return "MAX: planes";
    return planes_ok(op, from, a[1], 1, a[4], a[5]) && planes_ok(op, to, a[3], 1, a[4], a[6]) ? 0
                                                                                             : "MAX: outside scratch";
}

static const char *check_pool(const op_args *op, int from_bits) {
    const int32_t *a = op->args;
    if (op->count < 6) return "POOL: arguments";
    const lbp_map *map = map_of(op, 0);
    if (!map || !within(a[1], 1, LBP_MAX_PLANES) || !within(a[2], 0, 1)) return "POOL: planes";
    if (op->count != (from_bits ? 4 + 2 * a[1] : 7)) return "POOL: arguments";
    if (!from_bits && (!within(a[5], 0, 1) || !planes_ok(op, map, a[4], a[5], a[1], a[6]))) return "POOL: outside scratch";
    for (int i = 4; from_bits && i < op->count; i += 2)
        if (!within(a[i + 1], 0, 1) || !planes_ok(op, map, a[i], a[i + 1], 1, 0)) return "POOL_BITS: outside scratch";
    return feature_ok(op, a[3], map->height, map->width) ? 0 : "POOL: windows or feature";
}

const char *lbp_check_op(const lbp_engine *engine, const lbp_op *op) {
    const op_args args = {engine, op->args, op->count};
    if (engine->vector && (op->kind == LBP_OP_BYTE_COMPARE || op->kind == LBP_OP_BYTE_POOL))
        return "bytes are sliced before they are compared or pooled, where images are lanes";
    switch (op->kind) {
        case LBP_OP_IMAGE: return check_image(&args);
        case LBP_OP_SHRINK: return op->count == 5 ? check_reduce(&args, op->args[4]) : "SHRINK: arguments";
        case LBP_OP_BYTE_MAX: return op->count == 4 ? check_reduce(&args, 2) : "BYTE_MAX: arguments";
        case LBP_OP_BYTE_COMPARE: return check_byte_compare(&args);
        case LBP_OP_BYTE_POOL: return check_byte_pool(&args);
        case LBP_OP_SLICE: return check_slice(&args);
        case LBP_OP_FILL: return check_fill(&args);
        case LBP_OP_ENCODE: return check_encode(&args);
        case LBP_OP_COMPARE: return check_compare(&args);
        case LBP_OP_MAX: return check_max(&args);
        case LBP_OP_POOL: return check_pool(&args, 0);
        case LBP_OP_POOL_BITS: return check_pool(&args, 1);
        default: return "unknown op";
    }
}
