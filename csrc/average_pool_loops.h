/* Loops of 2x2 average pooling, for the compiler to vectorise; contract in average_pool.h. */
#ifndef LBP_AVERAGE_POOL_LOOPS_H
#define LBP_AVERAGE_POOL_LOOPS_H

#include <stddef.h>

static inline void average_blocks(const float *restrict in, float *restrict out, int height, int width) {
    const int half = width / 2;
    for (int y = 0; y < height / 2; y++) {
        const float *upper = in + (size_t)2 * y * width, *lower = upper + width;
        float *row = out + (size_t)y * half;
        for (int x = 0; x < half; x++)
            row[x] = 0.25f * ((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1]));
    }
}

/* Adds a quarter of each pixel of `grad` to its block. */
static inline void add_to_blocks(const float *restrict grad, float *restrict to, int height, int width) {
    const int half = width / 2;
    for (int y = 0; y < height / 2; y++) {
        float *upper = to + (size_t)2 * y * width, *lower = upper + width;
        const float *row = grad + (size_t)y * half;
        for (int x = 0; x < half; x++) {
            upper[2 * x] += 0.25f * row[x], upper[2 * x + 1] += 0.25f * row[x];
            lower[2 * x] += 0.25f * row[x], lower[2 * x + 1] += 0.25f * row[x];
        }
    }
}

#endif
