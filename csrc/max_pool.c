#include "max_pool.h"

#include <string.h>

static float larger(float a, float b) { return a > b ? a : b; }

void lbp_max_pool_forward_f32(const float *in, float *out, int height, int width) {
    const int half = width / 2;
    for (int y = 0; y < height / 2; y++) {
        const float *upper = in + (long)2 * y * width, *lower = upper + width;
        float *row = out + (long)y * half;
        for (int x = 0; x < half; x++)
            row[x] = larger(larger(upper[2 * x], upper[2 * x + 1]), larger(lower[2 * x], lower[2 * x + 1]));
    }
}

void lbp_max_pool_backward_f32(const float *in, const float *grad, float *grad_in, int height, int width) {
    const int half = width / 2;
    if (height % 2 || width % 2) memset(grad_in, 0, sizeof(float) * (size_t)height * (size_t)width);
    for (int y = 0; y < height / 2; y++) {
        const long at = (long)2 * y * width;
        const float *upper = in + at, *lower = upper + width, *row = grad + (long)y * half;
        float *to_upper = grad_in + at, *to_lower = to_upper + width;
        for (int x = 0; x < half; x++) {
            const float a = upper[2 * x], b = upper[2 * x + 1], c = lower[2 * x], d = lower[2 * x + 1];
            const float top = larger(a, b), bottom = larger(c, d);
            const float up = top >= bottom ? row[x] : 0.0f, down = top >= bottom ? 0.0f : row[x];
            to_upper[2 * x] = a >= b ? up : 0.0f;
            to_upper[2 * x + 1] = a >= b ? 0.0f : up;
            to_lower[2 * x] = c >= d ? down : 0.0f;
            to_lower[2 * x + 1] = c >= d ? 0.0f : down;
        }
    }
}
