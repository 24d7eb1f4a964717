#include "stage_maps.h"

#include <string.h>

void lbp_bits_to_counts(const float *bits, float scale, uint8_t *counts, size_t count) {
    const float inverse = 1.0f / scale;
    for (size_t i = 0; i < count; i++) counts[i] = (uint8_t)(int)(bits[i] * inverse + 0.5f);
}

void lbp_counts_to_bits(const uint8_t *counts, float scale, float *bits, size_t count) {
    for (size_t i = 0; i < count; i++) bits[i] = scale * (float)counts[i];
}

void lbp_sum_gates(const float *gates, uint8_t *sums, int height, int width, int pool) {
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

void lbp_stage_output(const uint8_t *sums, float slope_of_sum, float shift, const float *residual, float *out,
                      size_t count) {
    for (size_t i = 0; i < count; i++) {
        const float value = slope_of_sum * (float)sums[i] + shift + residual[i];
        out[i] = value < 0.0f ? 0.0f : value;
    }
}

enum { LANES = 8 };

void lbp_stage_output_backward(const float *out, const float *grad, const uint8_t *sums, float *grad_residual,
                               float *totals, size_t count) {
    float weighted[LANES] = {0}, plain[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int n = 0; n < LANES; n++) {
            const float gm = out[i + n] > 0.0f ? grad[i + n] : 0.0f;
            grad_residual[i + n] = gm;
            weighted[n] += gm * (float)sums[i + n];
            plain[n] += gm;
        }
    for (; i < count; i++) {
        const float gm = out[i] > 0.0f ? grad[i] : 0.0f;
        grad_residual[i] = gm;
        weighted[0] += gm * (float)sums[i];
        plain[0] += gm;
    }
    for (int n = 0; n < LANES; n++) {
        totals[0] += weighted[n];
        totals[1] += plain[n];
    }
}

void lbp_spread_to_gates(const float *gm, float factor, float *grad_gates, int height, int width, int pool) {
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
