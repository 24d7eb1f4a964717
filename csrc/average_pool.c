#include "average_pool.h"

#include <string.h>

void lbp_average_pool_forward_f32(const float *in, float *out, int height, int width) {
    const int half = width / 2;
    for (int y = 0; y < height / 2; y++) {
        const float *upper = in + (long)2 * y * width, *lower = upper + width;
        float *row = out + (long)y * half;
        for (int x = 0; x < half; x++)
            row[x] = 0.25f * ((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1]));
    }
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

/* First pixel of a window: the smallest p with p * windows / pixels = window. */
static int window_start(int window, int pixels, int windows) { return (window * pixels + windows - 1) / windows; }

void lbp_grid_pool_forward_f32(const float *in, float *out, int height, int width, int rows, int columns) {
    for (int r = 0; r < rows; r++) {
        const int top = window_start(r, height, rows), bottom = window_start(r + 1, height, rows);
        for (int c = 0; c < columns; c++) {
            const int left = window_start(c, width, columns), right = window_start(c + 1, width, columns);
            float sum = 0.0f;
            for (int y = top; y < bottom; y++)
                for (int x = left; x < right; x++) sum += in[(long)y * width + x];
            out[r * columns + c] = sum / (float)((bottom - top) * (right - left));
        }
    }
}

void lbp_grid_pool_backward_f32(const float *grad, float *grad_in, int height, int width, int rows, int columns) {
    for (int r = 0; r < rows; r++) {
        const int top = window_start(r, height, rows), bottom = window_start(r + 1, height, rows);
        float *first = grad_in + (long)top * width;
        for (int c = 0; c < columns; c++) {
            const int left = window_start(c, width, columns), right = window_start(c + 1, width, columns);
            const float share = grad[r * columns + c] / (float)((bottom - top) * (right - left));
            for (int x = left; x < right; x++) first[x] = share;
        }
        for (int y = top + 1; y < bottom; y++) memcpy(grad_in + (long)y * width, first, sizeof(float) * (size_t)width);
    }
}
