// Binding of the shared-pattern LBP kernels.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <atomic>
#include <cmath>
#include <optional>

#include "batch.h"
#include "bindings.h"
#include "dispatch.h"
#include "shared_lbp.h"

namespace {

// The plan, and for each entry of its table the (group, point) whose gradient it contributes to.
struct Plan {
    lbp_shared_plan c{};
    std::vector<lbp_point> table;
    std::vector<int32_t> first;
    std::vector<size_t> owner;
};

lbp_point tap_of(const float *offset, int index, int radius) {
    lbp_point point;
    point.index = index;
    const float dy = offset[0], dx = offset[1];
    require(std::fabs(dy) <= radius && std::fabs(dx) <= radius,  // false for NaN too
            "offsets: expected finite values within +-(window - 1) / 2 pixels");
    point.row = std::clamp(static_cast<int>(std::floor(dy)), -radius, radius - 1);
    point.column = std::clamp(static_cast<int>(std::floor(dx)), -radius, radius - 1);
    point.fy = dy - static_cast<float>(point.row);
    point.fx = dx - static_cast<float>(point.column);
    return point;
}

Plan make_plan(const Floats<4> &x, const Floats<3> &offsets, const std::optional<Indices<1>> &route, int window, float alpha,
               bool hard) {
    const int channels = static_cast<int>(x.shape(1)), points = static_cast<int>(offsets.shape(1));
    const size_t groups = offsets.shape(0);
    require(window >= 3 && window % 2 == 1 && window <= 255, "window: expected an odd number from 3 to 255");
    require(x.shape(1) >= 1 && x.shape(2) >= 1 && x.shape(3) >= 1, "x: expected at least one channel and pixel");
    require(offsets.shape(2) == 2, "offsets: expected shape (G, D, 2)");
    require(groups == 1 || groups == x.shape(1), "offsets: expected one group, or one for each channel");
    require(alpha > 0, "alpha: expected a temperature above 0");
    Plan plan;
    const int radius = (window - 1) / 2;
    for (int c = 0; c < channels; c++) {
        plan.first.push_back(static_cast<int32_t>(plan.table.size()));
        const size_t group = groups == 1 ? 0 : static_cast<size_t>(c);
        for (int i = 0; i < points; i++) {
            if (route && route->data()[i] != c) continue;
            const size_t owner = group * points + i;
            plan.table.push_back(tap_of(offsets.data() + 2 * owner, i, radius));
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

// Scratch is allocated before threads start, one part each, so that none of them can fail.
std::vector<std::vector<float>> scratch_for(const Plan &plan, size_t batch, int threads) {
    return std::vector<std::vector<float>>(parts_of(batch, threads), std::vector<float>(lbp_shared_scratch_floats(&plan.c)));
}

void shared_forward(const std::string &isa, Floats<4> x, Floats<3> offsets, std::optional<Indices<1>> route, int window,
                    float alpha, bool hard, MutableFloats<4> out, int threads) {
    const Plan plan = make_plan(x, offsets, route, window, alpha, hard);
    const size_t batch = x.shape(0), in = x.shape(1) * x.shape(2) * x.shape(3);
    require_shape(out, {batch, offsets.shape(1), x.shape(2), x.shape(3)}, "out");
    const size_t size = offsets.shape(1) * x.shape(2) * x.shape(3);
    const auto kernel = lbp_find_isa(isa).shared_forward;
    auto scratch = scratch_for(plan, batch, threads);
    std::atomic<int> nan{0};
    for_each_part(batch, threads, [&](size_t part, size_t first, size_t last) {
        for (size_t b = first; b < last; b++)
            if (kernel(&plan.c, x.data() + b * in, out.data() + b * size, scratch[part].data())) nan = 1;
    });
    require(!nan, "x: expected numbers, got NaN");
}

void shared_backward(const std::string &isa, Floats<4> x, Floats<3> offsets, std::optional<Indices<1>> route, int window,
                     float alpha, Floats<4> grad, MutableFloats<4> grad_x, MutableFloats<3> grad_offsets, MutableFloats<1> grad_alpha,
                     int threads) {
    const Plan plan = make_plan(x, offsets, route, window, alpha, true);
    const size_t batch = x.shape(0), in = x.shape(1) * x.shape(2) * x.shape(3);
    require_shape(grad, {batch, offsets.shape(1), x.shape(2), x.shape(3)}, "grad");
    require_shape(grad_x, {batch, x.shape(1), x.shape(2), x.shape(3)}, "grad_x");
    require(grad_offsets.size() == offsets.size() && grad_alpha.size() == 1, "grad_offsets: expected shape of offsets");
    const size_t size = offsets.shape(1) * x.shape(2) * x.shape(3), entries = plan.table.size();
    const auto kernel = lbp_find_isa(isa).shared_backward;
    auto scratch = scratch_for(plan, batch, threads);
    // One row of sums an image, added up in order: the result does not depend on the number of threads.
    std::vector<float> rows(batch * (2 * entries + 1));
    for_each_part(batch, threads, [&](size_t part, size_t first, size_t last) {
        for (size_t b = first; b < last; b++) {
            float *row = rows.data() + b * (2 * entries + 1);
            kernel(&plan.c, x.data() + b * in, grad.data() + b * size, grad_x.data() + b * in, row,
                   row + 2 * entries, scratch[part].data());
        }
    });
    std::vector<double> sums(offsets.size());
    double alpha_sum = 0;
    for (size_t b = 0; b < batch; b++) {
        const float *row = rows.data() + b * (2 * entries + 1);
        for (size_t k = 0; k < entries; k++)
            for (size_t axis = 0; axis < 2; axis++) sums[2 * plan.owner[k] + axis] += row[2 * k + axis];
        alpha_sum += row[2 * entries];
    }
    std::copy(sums.begin(), sums.end(), grad_offsets.data());
    grad_alpha.data()[0] = static_cast<float>(alpha_sum);
}

}  // namespace

void bind_shared_lbp(nb::module_ &m) {
    m.def("shared_forward", &shared_forward, nb::arg("isa"), nb::arg("x"), nb::arg("offsets"),
          nb::arg("route").none(), nb::arg("window"), nb::arg("alpha"), nb::arg("hard"), nb::arg("out"),
          nb::arg("threads"));
    m.def("shared_backward", &shared_backward, nb::arg("isa"), nb::arg("x"), nb::arg("offsets"),
          nb::arg("route").none(), nb::arg("window"), nb::arg("alpha"), nb::arg("grad"), nb::arg("grad_x"),
          nb::arg("grad_offsets"), nb::arg("grad_alpha"), nb::arg("threads"));
}
