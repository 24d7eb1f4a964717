#include "average_pool.h"

#include <string.h>

#include "average_pool_loops.h"

void lbp_average_pool_forward_f32(const float *in, float *out, int height, int width) {
    average_blocks(in, out, height, width);
}

void lbp_average_pool_backward_f32(const float *grad, float *grad_in, int height, int width) {
    const int half = width / 2;
    if (height % 2 || width % 2) memset(grad_in, 0, sizeof(float) * (size_t)height * (size_t)width);
    for (int y = 0; y < height / 2; y++) {
        float *upper = grad_in + (long)2 * y * width, *lower = upper + width;
        const float *row = grad + (long)y * half;
        for (int x = 0; x < half; x++) {
            const float quarter = 0.25f * row[x];
            upper[2 * x] = upper[2 * x + 1] = lower[2 * x] = lower[2 * x + 1] = quarter;
        }
    }
}
