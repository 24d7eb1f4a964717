/* Body of the stage's loops; an instruction set's file defines LBP_ISA and includes it. */
#include <string.h>

#include "isa_name.h"
#include "stage_maps.h"

static void bits_to_counts(const float *restrict bits, float scale, uint8_t *restrict counts, size_t count) {
    const float inverse = 1.0f / scale;
    for (size_t i = 0; i < count; i++) counts[i] = (uint8_t)(int)(bits[i] * inverse + 0.5f);
}

static void counts_to_bits(const uint8_t *restrict counts, float scale, float *restrict bits, size_t count) {
    for (size_t i = 0; i < count; i++) bits[i] = scale * (float)counts[i];
}

static void sum_gates(const float *restrict gates, uint8_t *restrict sums, int height, int width, int pool) {
    if (!pool) {
        for (int i = 0; i < height * width; i++) sums[i] = (uint8_t)(int)gates[i];
        return;
    }
    const int half = width / 2;
    for (int y = 0; y < height / 2; y++) {
        const float *upper = gates + (size_t)2 * y * width, *lower = upper + width;
        uint8_t *row = sums + (size_t)y * half;
        for (int x = 0; x < half; x++)
            row[x] = (uint8_t)(int)((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1]));
    }
}

enum { SUMS = 32 };

static void output_totals(const float *restrict out, const float *restrict grad, const uint8_t *restrict sums,
                          float *restrict totals, size_t count) {
    float weighted[SUMS] = {0}, plain[SUMS] = {0};
    size_t i = 0;
    for (; i + SUMS <= count; i += SUMS)
        for (int n = 0; n < SUMS; n++) {
            const float gm = out[i + n] > 0.0f ? grad[i + n] : 0.0f;
            weighted[n] += gm * (float)sums[i + n];
            plain[n] += gm;
        }
    for (int n = 0; i < count; i++, n++) {
        const float gm = out[i] > 0.0f ? grad[i] : 0.0f;
        weighted[n] += gm * (float)sums[i];
        plain[n] += gm;
    }
    totals[0] = totals[1] = 0.0f;
    for (int n = 0; n < SUMS; n++) totals[0] += weighted[n], totals[1] += plain[n];
}

static void through_output(const float *restrict out, const float *restrict grad, float *restrict gm, size_t count) {
    for (size_t i = 0; i < count; i++) gm[i] = out[i] > 0.0f ? grad[i] : 0.0f;
}

static void spread_to_gates(const float *restrict gm, float factor, float *restrict grad_gates, int height, int width,
                            int pool) {
    if (!pool) {
        for (int i = 0; i < height * width; i++) grad_gates[i] = factor * gm[i];
        return;
    }
    const int half = width / 2;
    if (height % 2 || width % 2) memset(grad_gates, 0, sizeof(float) * (size_t)height * (size_t)width);
    for (int y = 0; y < height / 2; y++) {
        float *upper = grad_gates + (size_t)2 * y * width, *lower = upper + width;
        for (int x = 0; x < half; x++)
            upper[2 * x] = upper[2 * x + 1] = lower[2 * x] = lower[2 * x + 1] = factor * gm[(size_t)y * half + x];
    }
}

const lbp_stage_maps LBP_NAME(lbp_stage_maps_) = {bits_to_counts, counts_to_bits, sum_gates,
                                                  output_totals,  through_output, spread_to_gates};
