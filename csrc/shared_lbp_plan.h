// What the shared-pattern kernels are told, made from arrays and checked; and the sum of what they give back.
#ifndef LBP_SHARED_LBP_PLAN_H
#define LBP_SHARED_LBP_PLAN_H

#include <cmath>
#include <optional>

#include "batch.h"
#include "shared_lbp.h"

// The plan, and for each entry of its table the (group, point) whose gradient it contributes to.
struct SharedPlan {
    lbp_shared_plan c{};
    std::vector<lbp_point> table;
    std::vector<int32_t> first;
    std::vector<size_t> owner;

    // Floats of one image's sums: (dy, dx) of each entry, alpha.
    size_t row_floats() const { return 2 * table.size() + 1; }
};

inline void split_offset(float offset, int radius, int32_t &tap, int32_t &step, float &fraction) {
    require(std::fabs(offset) <= radius,  // false for NaN too
            "offsets: expected finite values within +-(window - 1) / 2 pixels");
    tap = static_cast<int32_t>(std::floor(offset));
    fraction = offset - static_cast<float>(tap);
    step = tap == radius ? -1 : 1;
}

inline lbp_point point_of(const float *offset, int index, int radius) {
    lbp_point point;
    point.index = index;
    split_offset(offset[0], radius, point.row, point.row_step, point.fy);
    split_offset(offset[1], radius, point.column, point.column_step, point.fx);
    return point;
}

inline SharedPlan make_shared_plan(const Floats<4> &x, const Floats<3> &offsets, const std::optional<Indices<1>> &route,
                                   int window, float alpha, bool hard) {
    const int channels = static_cast<int>(x.shape(1)), points = static_cast<int>(offsets.shape(1));
    const size_t groups = offsets.shape(0);
    require(window >= 3 && window % 2 == 1 && window <= 255, "window: expected an odd number from 3 to 255");
    require(x.shape(1) >= 1 && x.shape(2) >= 1 && x.shape(3) >= 1, "x: expected at least one channel and pixel");
    require(offsets.shape(2) == 2, "offsets: expected shape (G, D, 2)");
    require(groups == 1 || groups == x.shape(1), "offsets: expected one group, or one for each channel");
    require(alpha > 0, "alpha: expected a temperature above 0");
    SharedPlan plan;
    const int radius = (window - 1) / 2;
    for (int c = 0; c < channels; c++) {
        plan.first.push_back(static_cast<int32_t>(plan.table.size()));
        const size_t group = groups == 1 ? 0 : static_cast<size_t>(c);
        for (int i = 0; i < points; i++) {
            if (route && route->data()[i] != c) continue;
            const size_t owner = group * points + i;
            plan.table.push_back(point_of(offsets.data() + 2 * owner, i, radius));
            plan.owner.push_back(owner);
        }
    }
    plan.first.push_back(static_cast<int32_t>(plan.table.size()));
    if (route) {
        require(route->shape(0) == offsets.shape(1), "route: expected one channel for each point");
        require(plan.table.size() == static_cast<size_t>(points), "route: expected channels from 0 to C - 1");
    }
    plan.c = {channels,
              static_cast<int>(x.shape(2)),
              static_cast<int>(x.shape(3)),
              radius,
              points,
              hard,
              alpha,
              route ? 1.0f : 1.0f / static_cast<float>(channels),
              plan.table.data(),
              plan.first.data()};
    return plan;
}

// Adds up one row of sums an image, in order: the result does not depend on the number of threads.
inline void add_shared_rows(const SharedPlan &plan, const std::vector<float> &rows, size_t batch, float *grad_offsets,
                            size_t offset_floats, float *grad_alpha) {
    std::vector<double> sums(offset_floats);
    double alpha_sum = 0;
    for (size_t b = 0; b < batch; b++) {
        const float *row = rows.data() + b * plan.row_floats();
        for (size_t k = 0; k < plan.table.size(); k++)
            for (size_t axis = 0; axis < 2; axis++) sums[2 * plan.owner[k] + axis] += row[2 * k + axis];
        alpha_sum += row[2 * plan.table.size()];
    }
    std::copy(sums.begin(), sums.end(), grad_offsets);
    *grad_alpha = static_cast<float>(alpha_sum);
}

#endif
