#include "sum_grid.h"

#include <string.h>

enum { PART = 64 }; /* columns added up at a time */

void lbp_sum_grid_forward_f32(const float *in, float *out, const lbp_grid *grid) {
    const int width = grid->column_ends[grid->columns - 1];
    memset(out, 0, sizeof(float) * (size_t)grid->rows * (size_t)grid->columns);
    for (int r = 0, top = 0; r < grid->rows; top = grid->row_ends[r++]) {
        float *sums = out + (long)r * grid->columns;
        for (int left = 0, c = 0; left < width; left += PART) {
            float part[PART] = {0};
            const int count = width - left < PART ? width - left : PART;
            for (int y = top; y < grid->row_ends[r]; y++) {
                const float *row = in + (long)y * width + left;
                for (int x = 0; x < count; x++) part[x] += row[x];
            }
            for (int x = 0; x < count; x++) {
                c += left + x == grid->column_ends[c];
                sums[c] += part[x];
            }
        }
    }
}

void lbp_sum_grid_backward_f32(const float *grad, float *grad_in, const lbp_grid *grid) {
    const int width = grid->column_ends[grid->columns - 1];
    for (int r = 0, top = 0; r < grid->rows; top = grid->row_ends[r++]) {
        float *first = grad_in + (long)top * width;
        for (int c = 0, x = 0; c < grid->columns; c++)
            for (; x < grid->column_ends[c]; x++) first[x] = grad[(long)r * grid->columns + c];
        for (int y = top + 1; y < grid->row_ends[r]; y++)
            memcpy(grad_in + (long)y * width, first, sizeof(float) * (size_t)width);
    }
}
