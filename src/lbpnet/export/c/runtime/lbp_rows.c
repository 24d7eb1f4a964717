/* The schedule `rows`: line buffers. Every plane keeps its newest rows only: row a words before the newest has age a.
 *
 * A step is one row of the image, or one row of zeros below it. A run of records makes row `(step + 1) / period - 1 -
 * lag` of its maps, and nothing where that is no whole number or negative; below the last row planes get zeros, which
 * is what a pixel outside the image is. Lags are chosen so that the rows a record reads were made before it, in this
 * step or an earlier one; then every age is a constant, and there are no ring buffers: the rows of a plane move up.
 *
 * shape, uint16 each:
 *   classes, height, width, channel stride (low, high), steps, runs, wide, bytes of a sum, bits of a weight, slots,
 *   window rows, window columns, words of the planes, sums, blocks, where the windows begin; for each geometry words a
 *   row, height, log2 period, spare bits of the last word; for each window row start, end, slot; for each window column
 *   start, end. Sums of windows that lie in the same rows have slots of their own.
 * wiring, bytes; N is one byte, two where `wide`:
 *   run: kind, geometry, flags, lag 2, lag in words 2, records 2, bytes of the records 2, first word of its planes 2;
 *   where pooled: first sum 2, bytes of the weights of a window row 4, first byte of the weights 4
 *   records: see the function of each kind. A stored plane's record ends with its depth, rows that are kept.
 * values: at v the position of value v's planes | gated << 8, lag in words, and the first word of each plane, least
 *   significant first. The value of a gated map is top + (top AND lower): 0, or 1 + the lower bits.
 * taps: distance in words from the pivot's row to the sample's (modulo 2^16), dx.
 */
#include "lbp_runtime.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns") /* no loop becomes a call of memcpy or memset */
#endif

enum { CLASSES, HEIGHT, WIDTH, STRIDE_LOW, STRIDE_HIGH, STEPS, RUNS, WIDE, SUM_BYTES, WEIGHT_BITS, SLOTS };
enum { WINDOW_ROWS = SLOTS + 1, WINDOW_COLUMNS, PLANE_WORDS, SUMS, BLOCKS, WINDOWS_AT, GEOMETRIES };
enum { RUN_IMAGE, RUN_SHRINK, RUN_FILL, RUN_COMPARE, RUN_LARGEST, RUN_KERNEL, RUN_POOL };
enum { CODE_PACK, CODE_GATED, CODE_FLOOR, CODE_COUNT, CODE_LIMIT };
enum { STORED = 1, POOLED = 2, MAX_POINTS = 16 };

typedef struct {
    const lbp_rows_network *network;
    const lbp_rows_memory *memory;
    const uint8_t *at;     /* the next byte of wiring */
    lbp_word *to;          /* the next stored plane */
    const uint8_t *pixels; /* the image's row, or NULL below it */
    uint32_t stride;
    uint16_t words, height, row, lag_words, records, sum;
    uint32_t weights, weight_bytes;
    lbp_word mask; /* of the last word of a row */
    uint8_t kind, flags, wide, below;
} lbp_run;

static uint16_t shape(const lbp_rows_network *n, uint16_t field) { return LBP_READ16(n->shape + field); }

static uint8_t read8(lbp_run *r) {
    const uint8_t x = LBP_READ8(r->at);
    r->at++;
    return x;
}

static uint16_t read16(lbp_run *r) {
    const uint8_t low = read8(r);
    return (uint16_t)(low | (uint16_t)(read8(r) << 8));
}

static uint32_t read32(lbp_run *r) {
    const uint16_t low = read16(r);
    return low | (uint32_t)read16(r) << 16;
}

static uint16_t read_number(lbp_run *r) { return r->wide ? read16(r) : read8(r); }

/* Moves the rows of a plane up by one, and puts `row`, or zeros, in front. */
static void push(lbp_run *r, const lbp_word *row, uint16_t depth) {
    lbp_word *newest = r->to;
    uint16_t words = 0;
    for (uint16_t i = 1; i < depth; i++) words = (uint16_t)(words + r->words);
    lbp_word *from = newest + words, *to = from + r->words;
    r->to = to;
    while (from != newest) *--to = *--from;
    for (uint16_t i = 0; i < r->words; i++) newest[i] = row ? row[i] : (lbp_word)0;
}

/* Word k of a row whose bits move by `jump` words and `by` bits: down (dx > 0), or up. */
static lbp_word moved(const lbp_word *row, uint16_t k, uint16_t words, uint16_t jump, uint8_t by, int down) {
    lbp_word x = 0;
    if (down) {
        const uint16_t i = (uint16_t)(k + jump);
        if (i < words) x = (lbp_word)(row[i] >> by);
        if (by && i + 1 < words) x = (lbp_word)(x | (lbp_word)(row[i + 1] << (LBP_WORD_BITS - by)));
    } else if (k >= jump) {
        const uint16_t i = (uint16_t)(k - jump);
        x = (lbp_word)(row[i] << by);
        if (by && i > 0) x = (lbp_word)(x | (lbp_word)(row[i - 1] >> (LBP_WORD_BITS - by)));
    }
    return x;
}

/* One plane of sample > pivot, least significant first; the top one of gated values masks what is below it. */
static lbp_word greater(lbp_word sample, lbp_word pivot, lbp_word below, uint8_t gate) {
    const lbp_word not_pivot = (lbp_word)~pivot;
    if (gate) return (lbp_word)(sample & (below | not_pivot));
    return (lbp_word)((sample & not_pivot) | ((sample | not_pivot) & below));
}

/* N value, N tap: the row of [sample > pivot]. */
static void compare(lbp_run *r, lbp_word *out) {
    const lbp_rows_network *n = r->network;
    const uint16_t *value = n->values + LBP_READ16(n->values + read_number(r));
    const uint16_t *tap = n->taps, number = read_number(r);
    tap += number, tap += number;
    const uint16_t head = LBP_READ16(value), dx = LBP_READ16(tap + 1);
    const uint8_t planes = (uint8_t)(head & 31), gated = (uint8_t)(head >> 8), down = !(dx & 0x8000u);
    const uint16_t distance = down ? dx : (uint16_t)(0u - dx), jump = (uint16_t)(distance >> LBP_WORD_LOG2);
    const uint8_t by = (uint8_t)(distance & (LBP_WORD_BITS - 1));
    const lbp_word *pivot = r->memory->planes + (uint16_t)(r->lag_words - LBP_READ16(value + 1));
    const lbp_word *sample = pivot + (int16_t)LBP_READ16(tap);
    value += 2;
    for (uint16_t k = 0; k < r->words; k++) {
        lbp_word above = 0;
        for (uint8_t i = 0; i < planes; i++) {
            const uint16_t plane = LBP_READ16(value + i);
            const lbp_word x = moved(sample + plane, k, r->words, jump, by, down);
            above = greater(x, pivot[plane + k], above, gated && i + 1 == planes);
        }
        out[k] = k + 1 == r->words ? (lbp_word)(above & r->mask) : above;
    }
}

/* A row of bytes, or of block sums to be shifted down, to eight planes; N depth. */
static void push_bytes(lbp_run *r, const uint8_t *bytes, const uint16_t *sums, uint8_t shift) {
    const uint16_t depth = read_number(r);
    lbp_word *row = r->memory->bits;
    for (uint8_t p = 0; p < 8; p++) {
        uint16_t column = 0;
        for (uint16_t k = 0; k < r->words && !r->below; k++) {
            const lbp_word inside = k + 1 == r->words ? r->mask : (lbp_word)~(lbp_word)0;
            lbp_word word = 0;
            for (lbp_word bit = 1; bit & inside; bit = (lbp_word)(bit << 1), column++) {
                const uint8_t x = (uint8_t)(bytes ? LBP_PIXEL(bytes + column) : sums[column] >> shift);
                if (x >> p & 1) word = (lbp_word)(word | bit);
            }
            row[k] = word;
        }
        push(r, r->below ? 0 : row, depth);
    }
}

/* 2 channels from the last record's, N depth. */
static void image_record(lbp_run *r) {
    for (uint16_t i = read16(r); i > 0; i--)
        if (r->pixels) r->pixels += r->stride;
    push_bytes(r, r->pixels, 0, 0);
}

/* 2 channels from the last record's, 1 log2 factor, 2 first block, 2 blocks, N depth; `due`: the blocks are complete. */
static void shrink_record(lbp_run *r, uint8_t due) {
    for (uint16_t i = read16(r); i > 0; i--)
        if (r->pixels) r->pixels += r->stride;
    const uint8_t log2 = read8(r);
    uint16_t *sums = r->memory->blocks + read16(r);
    const uint16_t blocks = read16(r);
    if (r->pixels) {
        const uint8_t *pixel = r->pixels;
        for (uint16_t i = 0; i < blocks; i++)
            for (uint8_t j = 0; j < (uint8_t)(1u << log2); j++, pixel++)
                sums[i] = (uint16_t)(sums[i] + LBP_PIXEL(pixel));
    }
    if (!due) {
        (void)read_number(r);
        return;
    }
    push_bytes(r, 0, sums, (uint8_t)(log2 + log2));
    for (uint16_t i = 0; i < blocks; i++) sums[i] = 0;
}

/* 1 the bit at every pixel, N depth. */
static void fill_record(lbp_run *r) {
    const uint8_t bit = read8(r);
    lbp_word *row = r->memory->bits;
    for (uint16_t k = 0; k < r->words; k++) row[k] = bit ? (lbp_word)~(lbp_word)0 : (lbp_word)0;
    if (bit) row[r->words - 1] = r->mask;
    push(r, r->below ? 0 : row, read_number(r));
}

/* Bits 0, 2, 4 ... of a word, side by side. */
static lbp_word even_bits(lbp_word x) {
    lbp_word y = 0;
    for (uint8_t i = 0; i < LBP_WORD_BITS / 2; i++, x = (lbp_word)(x >> 2))
        y = (lbp_word)(y | (lbp_word)((lbp_word)(x & 1) << i));
    return y;
}

/* The larger of a and b, plane by plane, into a. */
static void keep_larger(lbp_word *a, const lbp_word *b, uint8_t planes, uint8_t gated) {
    lbp_word b_is_larger = 0;
    for (uint8_t i = 0; i < planes; i++) b_is_larger = greater(b[i], a[i], b_is_larger, gated && i + 1 == planes);
    for (uint8_t i = 0; i < planes; i++) a[i] = (lbp_word)(a[i] ^ ((a[i] ^ b[i]) & b_is_larger));
}

/* Word k of the larger of two rows, and of its columns 2 x and 2 x + 1 the larger, in the low half. */
static void largest_word(const lbp_rows_memory *m, const uint16_t *value, uint8_t planes, uint8_t gated, uint16_t lower,
                         uint16_t upper, uint16_t k, lbp_word *best) {
    lbp_word other[MAX_POINTS];
    uint8_t i = 0;
    do { /* at least one plane */
        const uint16_t plane = (uint16_t)(LBP_READ16(value + i) + k);
        best[i] = m->planes[(uint16_t)(plane + lower)];
        other[i] = m->planes[(uint16_t)(plane + upper)];
    } while (++i < planes);
    keep_larger(best, other, planes, gated);
    for (i = 0; i < planes; i++) other[i] = (lbp_word)(best[i] >> 1);
    keep_larger(best, other, planes, gated);
    for (i = 0; i < planes; i++) best[i] = even_bits(best[i]);
}

/* N value, 2 words to its lower row, 2 words a row of it, N depth. */
static void largest_record(lbp_run *r) {
    const lbp_rows_network *n = r->network;
    const uint16_t *value = n->values + LBP_READ16(n->values + read_number(r));
    const uint16_t lower = read16(r), source_words = read16(r), depth = read_number(r), head = LBP_READ16(value);
    const uint16_t upper = (uint16_t)(lower + source_words);
    const uint8_t planes = (uint8_t)(head & 31);
    lbp_word *out = r->memory->bits;
    for (uint16_t k = 0; k < r->words && !r->below; k++, out++) {
        lbp_word low[MAX_POINTS], high[MAX_POINTS];
        const uint16_t source = (uint16_t)(k + k);
        largest_word(r->memory, value + 2, planes, (uint8_t)(head >> 8), lower, upper, source, low);
        for (uint8_t i = 0; i < planes; i++) high[i] = 0;
        if (source + 1 < source_words)
            largest_word(r->memory, value + 2, planes, (uint8_t)(head >> 8), lower, upper, (uint16_t)(source + 1), high);
        lbp_word *at = out;
        for (uint8_t i = 0; i < planes; i++, at += r->words) {
            *at = (lbp_word)(low[i] | (lbp_word)(high[i] << (LBP_WORD_BITS / 2)));
            if (k + 1 == r->words) *at = (lbp_word)(*at & r->mask);
        }
    }
    out = r->memory->bits;
    for (uint8_t i = 0; i < planes; i++, out += r->words) push(r, r->below ? 0 : out, depth);
}

/* Word k of the bits of a map, to its planes in place. */
static void encode(lbp_run *r, uint8_t code, uint8_t points, uint8_t planes, uint16_t parameter, lbp_word *word) {
    lbp_word bit[MAX_POINTS], count[5] = {0, 0, 0, 0, 0};
    lbp_word *at = word;
    for (uint8_t i = 0; i < points; i++, at += r->words) bit[i] = *at;
    if (code == CODE_FLOOR) { /* v - floor, or 0 where that borrows */
        lbp_word borrow = 0;
        for (uint8_t i = 0; i < points; i++) {
            const lbp_word x = bit[i], one = (lbp_word)(0u - ((uint32_t)parameter >> i & 1u));
            bit[i] = (lbp_word)(x ^ one ^ borrow);
            borrow = (lbp_word)((~x & (one | borrow)) | (one & borrow));
        }
        for (uint8_t i = 0; i < points; i++) bit[i] = (lbp_word)(bit[i] & ~borrow);
    } else {
        for (uint8_t i = 0; i < points; i++)
            for (uint8_t j = 0; j < 5; j++) {
                const lbp_word both = (lbp_word)(count[j] & bit[i]);
                count[j] = (lbp_word)(count[j] ^ bit[i]);
                bit[i] = both;
            }
        lbp_word reached = (lbp_word)~(lbp_word)0;
        for (uint8_t j = 0; j < 5; j++) {
            reached = parameter >> j & 1 ? (lbp_word)(reached & count[j]) : (lbp_word)(reached | count[j]);
            bit[j] = count[j];
        }
        if (code == CODE_LIMIT) bit[0] = reached;
    }
    at = word;
    for (uint8_t i = 0; i < planes; i++, at += r->words) *at = bit[i];
}

static uint8_t ones(lbp_word x) {
    uint8_t n = 0;
    for (; x; x = (lbp_word)(x & (x - 1u))) n++;
    return n;
}

/* Ones of columns left .. right - 1, where `gate`'s are ones too if there is one. */
static uint16_t ones_between(const lbp_word *row, const lbp_word *gate, uint16_t left, uint16_t right) {
    uint16_t total = 0, k = (uint16_t)(left >> LBP_WORD_LOG2);
    const uint16_t last = (uint16_t)((right - 1u) >> LBP_WORD_LOG2);
    lbp_word inside = (lbp_word)((lbp_word)~(lbp_word)0 << (left & (LBP_WORD_BITS - 1u)));
    for (; k <= last; k++) {
        if (k == last) inside = (lbp_word)(inside & ((lbp_word)~(lbp_word)0 >> ((0u - right) & (LBP_WORD_BITS - 1u))));
        total = (uint16_t)(total + ones((lbp_word)(row[k] & inside & (gate ? gate[k] : inside))));
        inside = (lbp_word)~(lbp_word)0;
    }
    return total;
}

static void add_sum(const lbp_run *r, uint16_t sum, uint32_t amount) {
    const uint16_t bytes = shape(r->network, SUM_BYTES);
    if (bytes == 1) {
        uint8_t *to = (uint8_t *)r->memory->sums + sum;
        *to = (uint8_t)(*to + amount);
    } else if (bytes == 2) {
        uint16_t *to = (uint16_t *)r->memory->sums + sum;
        *to = (uint16_t)(*to + amount);
    } else {
        *((uint32_t *)r->memory->sums + sum) += amount;
    }
}

/* Adds a row of a value to the sums of the windows it lies in. */
static void pool(lbp_run *r, const lbp_word *const *plane, uint8_t planes, uint8_t gated) {
    const lbp_rows_network *n = r->network;
    const uint16_t *window = n->shape + shape(n, WINDOWS_AT), rows = shape(n, WINDOW_ROWS);
    const uint16_t *columns = window;
    const uint16_t count = shape(n, WINDOW_COLUMNS);
    for (uint16_t i = 0; i < rows; i++) columns += 3;
    for (uint16_t i = 0; i < rows; i++, window += 3) {
        if (r->row < LBP_READ16(window) || r->row >= LBP_READ16(window + 1)) continue;
        uint16_t sum = r->sum;
        for (uint16_t s = LBP_READ16(window + 2); s > 0; s--) sum = (uint16_t)(sum + count);
        const uint16_t *column = columns;
        for (uint16_t j = 0; j < count; j++, column += 2) {
            const uint16_t left = LBP_READ16(column), right = LBP_READ16(column + 1);
            const lbp_word *gate = gated ? plane[planes - 1] : 0;
            uint32_t total = gate ? ones_between(gate, 0, left, right) : 0;
            for (uint8_t i2 = 0; i2 < planes - gated; i2++)
                total += (uint32_t)ones_between(plane[i2], gate, left, right) << i2;
            add_sum(r, (uint16_t)(sum + j), total);
        }
    }
    for (uint16_t s = shape(n, SLOTS); s > 0; s--) r->sum = (uint16_t)(r->sum + count);
}

/* N value. */
static void pool_record(lbp_run *r) {
    const lbp_rows_network *n = r->network;
    const uint16_t *value = n->values + LBP_READ16(n->values + read_number(r));
    const uint16_t head = LBP_READ16(value), age = (uint16_t)(r->lag_words - LBP_READ16(value + 1));
    const uint8_t planes = (uint8_t)(head & 31);
    const lbp_word *plane[MAX_POINTS];
    for (uint8_t i = 0; i < planes; i++) plane[i] = r->memory->planes + (uint16_t)(LBP_READ16(value + 2 + i) + age);
    pool(r, plane, planes, (uint8_t)(head >> 8));
}

/* N value, N tap; or N 0, 2 the words to a bit's row. */
static void point(lbp_run *r, lbp_word *out) {
    const uint8_t *start = r->at;
    if (read_number(r) > 0) {
        r->at = start;
        compare(r, out);
        return;
    }
    const lbp_word *row = r->memory->planes + read16(r);
    for (uint16_t k = 0; k < r->words; k++) out[k] = row[k];
}

/* 1 code, 1 points, from FLOOR on 1 planes and 2 floor or limit, where stored N depth, points. */
static void kernel_record(lbp_run *r) {
    const uint8_t code = read8(r), points = read8(r), planes = code < CODE_FLOOR ? points : read8(r);
    const uint16_t parameter = code < CODE_FLOOR ? (uint16_t)0 : read16(r);
    const uint16_t depth = r->flags & STORED ? read_number(r) : (uint16_t)0;
    lbp_word *out = r->memory->bits;
    for (uint8_t i = 0; i < points; i++, out += r->words) point(r, out);
    out = r->memory->bits;
    if (code >= CODE_FLOOR)
        for (uint16_t k = 0; k < r->words; k++) encode(r, code, points, planes, parameter, out + k);
    const lbp_word *plane[MAX_POINTS];
    for (uint8_t i = 0; i < planes; i++, out += r->words) {
        plane[i] = out;
        if (depth) push(r, r->below ? 0 : out, depth);
    }
    if (r->flags & POOLED && !r->below) pool(r, plane, planes, code == CODE_GATED);
}

/* N value, N tap, N depth. */
static void compare_record(lbp_run *r) {
    compare(r, r->memory->bits);
    push(r, r->below ? 0 : r->memory->bits, read_number(r));
}

static uint32_t get_sum(const lbp_run *r, uint16_t sum) {
    const uint16_t bytes = shape(r->network, SUM_BYTES);
    if (bytes == 1) return ((const uint8_t *)r->memory->sums)[sum];
    return bytes == 2 ? ((const uint16_t *)r->memory->sums)[sum] : ((const uint32_t *)r->memory->sums)[sum];
}

/* The next weight, of 2, 4, 8, 16 or 32 bits in two's complement, lowest bits first. */
static int32_t next_weight(const uint8_t **at, uint8_t bits, uint8_t *left, uint8_t *rest) {
    uint32_t w = 0, sign = (uint32_t)1 << (bits - 1);
    if (bits < 8) {
        if (*left == 0) *rest = LBP_READ8(*at), *left = 8, (*at)++;
        w = *rest & ((1u << bits) - 1u);
        *rest = (uint8_t)(*rest >> bits), *left = (uint8_t)(*left - bits);
    } else {
        for (uint8_t i = 0; i < bits; i = (uint8_t)(i + 8), (*at)++) w |= (uint32_t)LBP_READ8(*at) << i;
    }
    return (int32_t)((w ^ sign) - sign);
}

/* sum + weight features, by additions. */
static uint32_t weigh(uint32_t sum, int32_t weight, uint32_t feature) {
    uint32_t size = weight < 0 ? 0u - (uint32_t)weight : (uint32_t)weight;
    for (; size; size >>= 1, feature += feature)
        if (size & 1u) sum = weight < 0 ? sum - feature : sum + feature;
    return sum;
}

/* The features of window row i of the run's maps into the scores; its sums start anew. */
static void add_weights(const lbp_run *r, uint16_t i, uint16_t slot, int32_t *scores) {
    const lbp_rows_network *n = r->network;
    const uint16_t columns = shape(n, WINDOW_COLUMNS), slots = shape(n, SLOTS), classes = shape(n, CLASSES);
    const uint8_t bits = (uint8_t)shape(n, WEIGHT_BITS);
    const uint8_t *at = n->weights + r->weights;
    for (; i > 0; i--) at += r->weight_bytes;
    uint16_t first = r->sum, step = 0;
    for (uint16_t s = 0; s < slots; s++) {
        if (s == slot) first = (uint16_t)(first + step);
        step = (uint16_t)(step + columns);
    }
    for (uint16_t c = 0; c < classes; c++) {
        uint32_t score = (uint32_t)scores[c];
        uint8_t left = 0, rest = 0;
        uint16_t sum = first;
        for (uint16_t k = 0; k < r->records; k++, sum = (uint16_t)(sum + step))
            for (uint16_t j = 0; j < columns; j++)
                score = weigh(score, next_weight(&at, bits, &left, &rest), get_sum(r, (uint16_t)(sum + j)));
        scores[c] = (int32_t)score;
    }
    for (uint16_t k = 0; k < r->records; k++, first = (uint16_t)(first + step))
        for (uint16_t j = 0; j < columns; j++) add_sum(r, (uint16_t)(first + j), 0u - get_sum(r, (uint16_t)(first + j)));
}

static void finish_windows(const lbp_run *r, int32_t *scores) {
    const lbp_rows_network *n = r->network;
    const uint16_t *window = n->shape + shape(n, WINDOWS_AT), rows = shape(n, WINDOW_ROWS);
    for (uint16_t i = 0; i < rows; i++, window += 3)
        if (LBP_READ16(window + 1) == r->row + 1u) add_weights(r, i, LBP_READ16(window + 2), scores);
}

static void do_record(lbp_run *r) {
    switch (r->kind) {
        case RUN_IMAGE: image_record(r); break;
        case RUN_FILL: fill_record(r); break;
        case RUN_COMPARE: compare_record(r); break;
        case RUN_LARGEST: largest_record(r); break;
        case RUN_KERNEL: kernel_record(r); break;
        default: pool_record(r); break;
    }
}

/* One step of a run; returns where the next run begins. */
static const uint8_t *do_run(lbp_run *r, uint16_t step, int32_t *scores) {
    const lbp_rows_network *n = r->network;
    r->kind = read8(r);
    const uint16_t *geometry = n->shape + GEOMETRIES;
    for (uint8_t g = read8(r); g > 0; g--) geometry += 4;
    r->words = LBP_READ16(geometry), r->height = LBP_READ16(geometry + 1);
    const uint16_t log2 = LBP_READ16(geometry + 2), due = (uint16_t)((1u << log2) - 1u);
    r->mask = (lbp_word)((lbp_word)~(lbp_word)0 >> LBP_READ16(geometry + 3));
    r->flags = read8(r);
    const uint16_t lag = read16(r);
    r->lag_words = read16(r), r->records = read16(r);
    const uint16_t bytes = read16(r), first = read16(r);
    if (r->flags & POOLED) {
        r->sum = read16(r), r->weight_bytes = read32(r), r->weights = read32(r);
    }
    const uint8_t *end = r->at + bytes;
    const uint8_t is_due = (step & due) == due && (step >> log2) >= lag;
    r->row = (uint16_t)((step >> log2) - lag), r->below = r->row >= r->height;
    r->to = r->memory->planes + first;
    if (r->kind == RUN_SHRINK)
        for (uint16_t i = 0; i < r->records; i++) shrink_record(r, is_due);
    if (r->kind == RUN_SHRINK || !is_due || (r->below && !(r->flags & STORED))) return end;
    const uint16_t sum = r->sum;
    for (uint16_t i = 0; i < r->records; i++) do_record(r);
    r->sum = sum;
    if (r->flags & POOLED && !r->below) finish_windows(r, scores);
    return end;
}

void lbp_rows_begin(const lbp_rows_network *n, const lbp_rows_memory *m, int32_t *scores) {
    for (uint16_t i = shape(n, PLANE_WORDS); i > 0; i--) m->planes[i - 1u] = 0;
    for (uint16_t i = shape(n, BLOCKS); i > 0; i--) m->blocks[i - 1u] = 0;
    const lbp_run all = {.network = n, .memory = m};
    for (uint16_t i = shape(n, SUMS); i > 0; i--) add_sum(&all, (uint16_t)(i - 1u), 0u - get_sum(&all, (uint16_t)(i - 1u)));
    for (uint16_t c = shape(n, CLASSES); c > 0; c--) scores[c - 1u] = (int32_t)LBP_READ32(n->bias + (c - 1u));
}

void lbp_rows_step(const lbp_rows_network *n, const lbp_rows_memory *m, uint16_t step, const uint8_t *row,
                   uint32_t channel_stride, int32_t *scores) {
    lbp_run r = {.network = n, .memory = m, .at = n->wiring, .stride = channel_stride};
    r.wide = (uint8_t)shape(n, WIDE);
    for (uint16_t i = shape(n, RUNS); i > 0; i--) {
        r.pixels = row;
        r.at = do_run(&r, step, scores);
    }
}

int lbp_rows_end(const lbp_rows_network *n, const lbp_rows_memory *m, int32_t *scores) {
    const uint16_t steps = shape(n, STEPS), classes = shape(n, CLASSES);
    for (uint16_t step = shape(n, HEIGHT); step < steps; step++) lbp_rows_step(n, m, step, 0, 0, scores);
    int best = 0;
    int32_t largest = scores[0];
    for (uint16_t c = 1; c < classes; c++)
        if (scores[c] > largest) largest = scores[c], best = c;
    return best;
}

int lbp_rows_predict(const lbp_rows_network *n, const lbp_rows_memory *m, const uint8_t *image, int32_t *scores) {
    const uint32_t stride = (uint32_t)shape(n, STRIDE_HIGH) << 16 | shape(n, STRIDE_LOW);
    const uint16_t height = shape(n, HEIGHT), width = shape(n, WIDTH);
    lbp_rows_begin(n, m, scores);
    for (uint16_t y = 0; y < height; y++, image += width) lbp_rows_step(n, m, y, image, stride, scores);
    return lbp_rows_end(n, m, scores);
}
