// Binding of the routed-LBP kernels. A stage reads the first channels of a buffer and writes, or takes the gradient
// of, the ones after them: joining input and output costs no copy.
#include "routed_lbp.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cmath>

#include "batch.h"
#include "bindings.h"
#include "dispatch.h"

namespace {

// The plan, and for each entry of its table the (kernel, point) whose gradient it holds.
struct Plan {
    lbp_routed_plan c{};
    std::vector<lbp_routed_point> table;
    std::vector<int32_t> first;
    std::vector<size_t> owner;
};

// activation: floor, scale, tau, threshold.
Plan make_plan(const nb::ndarray<nb::ndim<4>> &buffer, int channels, const Indices<3> &positions,
               const Indices<2> &route, const Floats<1> &weights, int radius, const Floats<1> &activation) {
    const size_t kernels = positions.shape(0), points = positions.shape(1);
    require(channels >= 1 && channels + kernels <= buffer.shape(1), "channels: expected room for the kernels after them");
    require(radius >= 1 && radius <= 127, "window: expected an odd number from 3 to 255");
    require_shape(positions, {kernels, points, 2}, "positions");
    require_shape(route, {kernels, points}, "route");
    require_shape(weights, {points}, "weights");
    require_shape(activation, {4}, "activation");
    Plan plan;
    for (int c = 0; c < channels; c++) {
        plan.first.push_back(static_cast<int32_t>(plan.table.size()));
        for (size_t j = 0; j < kernels * points; j++) {
            if (route.data()[j] != c) continue;
            const int32_t row = positions.data()[2 * j], column = positions.data()[2 * j + 1];
            require(std::abs(row) <= radius && std::abs(column) <= radius, "positions: expected pixels inside the window");
            plan.table.push_back({static_cast<int32_t>(j / points), row, column, weights.data()[j % points]});
            plan.owner.push_back(j);
        }
    }
    plan.first.push_back(static_cast<int32_t>(plan.table.size()));
    require(plan.table.size() == kernels * points, "route: expected channels from 0 to C - 1");
    const float tau = activation.data()[2];
    require(tau > 0, "tau: expected a width above 0");
    plan.c = {channels,
              static_cast<int>(buffer.shape(2)),
              static_cast<int>(buffer.shape(3)),
              radius,
              static_cast<int>(kernels),
              activation.data()[0],
              activation.data()[1],
              tau,
              activation.data()[3],
              plan.table.data(),
              plan.first.data()};
    return plan;
}

// One stage as Python tells it: first output channel, positions, route, weights, radius, activation.
using Stage = std::tuple<int, Indices<3>, Indices<2>, Floats<1>, int, Floats<1>>;

std::vector<Plan> make_plans(const nb::ndarray<nb::ndim<4>> &buffer, const std::vector<Stage> &stages) {
    std::vector<Plan> plans;
    for (const auto &[channels, positions, route, weights, radius, activation] : stages)
        plans.push_back(make_plan(buffer, channels, positions, route, weights, radius, activation));
    return plans;
}

size_t scratch_floats(const std::vector<Plan> &plans) {
    size_t floats = 0;
    for (const Plan &plan : plans) floats = std::max(floats, lbp_routed_scratch_floats(&plan.c));
    return floats;
}

// All stages of an image follow each other while its maps are in the cache.
void routed_forward(const std::string &isa, MutableFloats<4> buffer, const std::vector<Stage> &stages, int threads) {
    const std::vector<Plan> plans = make_plans(nb::ndarray<nb::ndim<4>>(buffer), stages);
    const size_t pixels = buffer.shape(2) * buffer.shape(3), image = buffer.shape(1) * pixels;
    const auto kernel = lbp_find_isa(isa).routed_forward;
    auto scratch = scratch_for(buffer.shape(0), threads, scratch_floats(plans));
    for_each_part(buffer.shape(0), threads, [&](size_t part, size_t first, size_t last) {
        for (size_t b = first; b < last; b++) {
            float *x = buffer.data() + b * image;
            for (const Plan &plan : plans) kernel(&plan.c, x, x + plan.c.channels * pixels, scratch[part].data());
        }
    });
}

// grad: of the whole buffer; grad_x: of the first stage's input; grad_positions: one array a stage.
void routed_backward(const std::string &isa, Floats<4> buffer, const std::vector<Stage> &stages, Floats<4> grad,
                     MutableFloats<4> grad_x, const std::vector<MutableFloats<3>> &grad_positions, int threads) {
    const std::vector<Plan> plans = make_plans(nb::ndarray<nb::ndim<4>>(buffer), stages);
    const size_t batch = buffer.shape(0), pixels = buffer.shape(2) * buffer.shape(3), image = buffer.shape(1) * pixels;
    require(!plans.empty() && grad_positions.size() == plans.size(), "grad_positions: expected one a stage");
    const size_t inputs = static_cast<size_t>(plans[0].c.channels) * pixels;
    require_shape(grad, {batch, buffer.shape(1), buffer.shape(2), buffer.shape(3)}, "grad");
    require_shape(grad_x, {batch, inputs / pixels, buffer.shape(2), buffer.shape(3)}, "grad_x");
    size_t entries = 0;
    for (size_t s = 0; s < plans.size(); s++) {
        require(grad_positions[s].size() == 2 * plans[s].table.size(), "grad_positions: expected the shape of positions");
        entries += plans[s].table.size();
    }
    const auto kernel = lbp_find_isa(isa).routed_backward;
    auto scratch = scratch_for(batch, threads, scratch_floats(plans) + image);
    // One row of sums an image, added up in order: the result does not depend on the number of threads.
    std::vector<float> rows(batch * 2 * entries);
    for_each_part(batch, threads, [&](size_t part, size_t first, size_t last) {
        float *arrived = scratch[part].data(), *inner = arrived + image;
        for (size_t b = first; b < last; b++) {
            const float *x = buffer.data() + b * image;
            float *row = &rows[b * 2 * entries] + 2 * entries;
            std::copy_n(grad.data() + b * image, image, arrived);
            for (auto plan = plans.rbegin(); plan != plans.rend(); ++plan) {
                const size_t outputs = plan->c.channels * pixels;
                row -= 2 * plan->table.size();
                kernel(&plan->c, x, x + outputs, arrived + outputs, arrived, row, inner);
            }
            std::copy_n(arrived, inputs, grad_x.data() + b * inputs);
        }
    });
    size_t start = 0;
    for (size_t s = 0; s < plans.size(); s++) {
        const size_t count = 2 * plans[s].table.size();
        std::vector<double> sums(count);
        for (size_t b = 0; b < batch; b++)
            for (size_t i = 0; i < count; i++)
                sums[2 * plans[s].owner[i / 2] + i % 2] += rows[b * 2 * entries + start + i];
        std::copy(sums.begin(), sums.end(), grad_positions[s].data());
        start += count;
    }
}

}  // namespace

void bind_routed_lbp(nb::module_ &m) {
    m.def("routed_forward", &routed_forward, nb::arg("isa"), nb::arg("buffer"), nb::arg("stages"), nb::arg("threads"));
    m.def("routed_backward", &routed_backward, nb::arg("isa"), nb::arg("buffer"), nb::arg("stages"), nb::arg("grad"),
          nb::arg("grad_x"), nb::arg("grad_positions"), nb::arg("threads"));
}
