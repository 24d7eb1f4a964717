/* Scores with images as lanes: for each bit of the features, how many of a class's have it (a tree of full adders over
 * vectors), added up at its place. Included by engine_sliced.h.
 */
#ifndef LBP_ENGINE_SLICED_SCORES_H
#define LBP_ENGINE_SLICED_SCORES_H

#define LBP_FULL_ADD(carry, sum, x, y)                  \
    {                                                   \
        const v64 s_ = sum, x_ = x, y_ = y;             \
        sum = xor3(s_, x_, y_), carry = majority(s_, x_, y_); \
    }

/* Eight planes' bits added to ones, twos and fours; what overflows them, of weight eight. */
#define LBP_ADD_EIGHT(eight, f)                                         \
    {                                                                   \
        v64 two_a, two_b, four_a, four_b;                               \
        LBP_FULL_ADD(two_a, ones, load(plane + f[0]), load(plane + f[1])); \
        LBP_FULL_ADD(two_b, ones, load(plane + f[2]), load(plane + f[3])); \
        LBP_FULL_ADD(four_a, twos, two_a, two_b);                       \
        LBP_FULL_ADD(two_a, ones, load(plane + f[4]), load(plane + f[5])); \
        LBP_FULL_ADD(two_b, ones, load(plane + f[6]), load(plane + f[7])); \
        LBP_FULL_ADD(four_b, twos, two_a, two_b);                       \
        LBP_FULL_ADD(eight, fours, four_a, four_b);                     \
    }

/* How many of a run's features have a bit in plane `plane`: a tree of full adders, sixteen features at a time. */
LBP_INLINE int slice_count(const lbp_run *run, const uint8_t *plane, v64 *count) {
    v64 ones = {0}, twos = {0}, fours = {0}, eights = {0}, eight_a, eight_b, carry;
    const int levels = bits_of((uint64_t)run->count), least = levels < 4 ? 4 : levels;
    int i = 0;
    for (int k = 0; k < least; k++) count[k] = (v64){0};
    for (; i + 16 <= run->count; i += 16) {
        const int32_t *f = run->features + i, *g = f + 8;
        LBP_ADD_EIGHT(eight_a, f);
        LBP_ADD_EIGHT(eight_b, g);
        LBP_FULL_ADD(carry, eights, eight_a, eight_b);
        const int reached = bits_of((uint64_t)i + 16);
        for (int k = 4; k < reached; k++) {
            const v64 old = count[k];
            count[k] = old ^ carry;
            carry &= old;
        }
    }
    count[0] = ones, count[1] = twos, count[2] = fours, count[3] = eights;
    for (; i < run->count; i++) {
        carry = load(plane + run->features[i]);
        for (int k = 0; k < levels; k++) {
            const v64 old = count[k];
            count[k] = old ^ carry;
            carry &= old;
        }
    }
    return levels;
}

enum { LBP_CLASSES = 16 };

/* Adds a bit of all features to the sums of a class, of what has weight above 0 and below apart. */
LBP_INLINE void slice_bit(const lbp_engine *e, int c, int bit, const uint8_t *plane, v64 (*sums)[32]) {
    for (int32_t r = c ? e->run_end[c - 1] : 0; r < e->run_end[c]; r++) {
        const lbp_run *run = &e->runs[r];
        v64 count[32];
        const int levels = slice_count(run, plane, count), at = run->shift + bit;
        /* Sums stay below 2^32 (the program's types say so): what would be carried further is 0. */
        if (at < 32) slice_add(sums[run->negative] + at, count, levels < 32 - at ? levels : 32 - at, (v64){0}, 32 - at);
    }
}

/* One image's 32 bits from 32 vectors of bits: the positive sum less the negative, and the bias. */
static void slice_score(const lbp_engine *e, int c, v64 (*sums)[32], int count, int32_t *scores) {
    uint8_t bits[32][LBP_VB];
    v64 carry = ~(v64){0}; /* a - b = a + ~b + 1 */
    for (int i = 0; i < 32; i++) {
        const v64 a = sums[0][i], b = ~sums[1][i], difference = xor3(a, b, carry);
        carry = majority(a, b, carry);
        store(bits[i], difference);
    }
    for (int n = 0; n < count; n += 8) {
        uint32_t value[8] = {0};
        for (int byte = 0; byte < 4; byte++) {
            uint64_t x = 0;
            for (int i = 0; i < 8; i++) x |= (uint64_t)bits[8 * byte + i][n / 8] << 8 * i;
            x = transpose_bits(x);
            for (int i = 0; i < 8; i++) value[i] |= (uint32_t)(x >> 8 * i & 255) << 8 * byte;
        }
        for (int i = 0; i < 8 && n + i < count; i++)
            scores[(size_t)(n + i) * (size_t)e->sums + (size_t)c] = (int32_t)(value[i] + (uint32_t)e->bias[c]);
    }
}

/* Whether any feature of any image has the bit: the highest is that of sums at their maximum, which are rare. */
static int slice_any(const lbp_engine *e, const uint8_t *plane) {
    v64 any = {0};
    for (int32_t f = 0; f < e->features; f++) any |= load(plane + (size_t)f * LBP_VB);
    uint64_t words[LBP_VB / 8], all = 0;
    memcpy(words, &any, sizeof words);
    for (int i = 0; i < LBP_VB / 8; i++) all |= words[i];
    return all != 0;
}

static void slice_scores(const lbp_engine *e, int count, int32_t *scores, uint8_t *scratch) {
    const uint8_t *features = scratch + e->feature_offset;
    for (int first = 0; first < e->sums; first += LBP_CLASSES) {
        v64 sums[LBP_CLASSES][2][32];
        const int classes = e->sums - first < LBP_CLASSES ? e->sums - first : LBP_CLASSES;
        memset(sums, 0, sizeof sums);
        for (int bit = 0; bit < e->feature_bits; bit++) {
            const uint8_t *plane = features + (size_t)bit * (size_t)e->features * LBP_VB;
            if (!slice_any(e, plane)) continue;
            for (int c = 0; c < classes; c++) slice_bit(e, first + c, bit, plane, sums[c]);
        }
        for (int c = 0; c < classes; c++) slice_score(e, first + c, sums[c], count, scores);
    }
}

#endif
