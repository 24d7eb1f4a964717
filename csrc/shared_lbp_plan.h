// What the shared-pattern kernels are told, made from arrays and checked; and the sum of what they give back.
#ifndef LBP_SHARED_LBP_PLAN_H
#define LBP_SHARED_LBP_PLAN_H

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "batch.h"
#include "shared_lbp.h"

// The plan, its tables, and for each point of them the (group, point) whose gradient it contributes to.
struct SharedPlan {
    lbp_shared_plan c{};
    std::vector<lbp_channel_set> sets;
    std::vector<lbp_cell> cells;
    std::vector<lbp_point> table;
    std::vector<size_t> owner;

    // Floats of one image's sums: (dy, dx) of each point, alpha.
    size_t row_floats() const { return 2 * table.size() + 1; }
};

// A point before it is put into its cell.
struct PlacedPoint {
    lbp_cell cell;
    lbp_point point;
    size_t owner;

    auto corner() const { return std::make_tuple(cell.row, cell.column, cell.row_step, cell.column_step); }
};

inline void split_offset(float offset, int radius, int32_t &tap, int32_t &step, float &fraction) {
    require(std::fabs(offset) <= radius,  // false for NaN too
            "offsets: expected finite values within +-(window - 1) / 2 pixels");
    tap = static_cast<int32_t>(std::floor(offset));
    fraction = offset - static_cast<float>(tap);
    step = tap == radius ? -1 : 1;
}

inline PlacedPoint place_point(const float *offset, int index, int radius, size_t owner) {
    PlacedPoint placed{};
    placed.point.index = index;
    placed.owner = owner;
    split_offset(offset[0], radius, placed.cell.row, placed.cell.row_step, placed.point.fy);
    split_offset(offset[1], radius, placed.cell.column, placed.cell.column_step, placed.point.fx);
    return placed;
}

// Appends a set of channels whose points these are.
inline void add_set(SharedPlan &plan, int first_channel, int channels, std::vector<PlacedPoint> points) {
    std::stable_sort(points.begin(), points.end(),
                     [](const PlacedPoint &a, const PlacedPoint &b) { return a.corner() < b.corner(); });
    lbp_channel_set set{};
    set.first_channel = first_channel, set.channels = channels;
    set.first_cell = static_cast<int32_t>(plan.cells.size());
    set.first_point = static_cast<int32_t>(plan.table.size());
    for (size_t i = 0; i < points.size(); i++) {
        const bool fits = i > 0 && points[i].corner() == points[i - 1].corner();
        if (!fits || plan.cells.back().points == LBP_CELL_POINTS) plan.cells.push_back(points[i].cell), set.cells++;
        plan.cells.back().points++;
        plan.table.push_back(points[i].point);
        plan.owner.push_back(points[i].owner);
    }
    plan.sets.push_back(set);
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
    if (route) require(route->shape(0) == offsets.shape(1), "route: expected one channel for each point");
    SharedPlan plan;
    const int radius = (window - 1) / 2;
    const bool together = groups == 1 && !route;
    for (int c = 0; c < (together ? 1 : channels); c++) {
        const size_t group = groups == 1 ? 0 : static_cast<size_t>(c);
        std::vector<PlacedPoint> placed;
        for (int i = 0; i < points; i++) {
            if (route && route->data()[i] != c) continue;
            const size_t owner = group * points + i;
            placed.push_back(place_point(offsets.data() + 2 * owner, i, radius, owner));
        }
        add_set(plan, c, together ? channels : 1, std::move(placed));
    }
    if (route)
        require(plan.table.size() == static_cast<size_t>(points), "route: expected channels from 0 to C - 1");
    plan.c = {channels,
              static_cast<int>(x.shape(2)),
              static_cast<int>(x.shape(3)),
              radius,
              points,
              hard,
              alpha,
              route ? 1.0f : 1.0f / static_cast<float>(channels),
              static_cast<int>(plan.sets.size()),
              plan.sets.data(),
              plan.cells.data(),
              plan.table.data()};
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
