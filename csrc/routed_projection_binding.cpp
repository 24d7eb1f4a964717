// Binding of the routed-projection kernels.
#include <nanobind/stl/string.h>

#include "bindings.h"
#include "dispatch.h"
#include "routed_projection_plan.h"

namespace {

// sums: alive and shortfall over the whole batch.
void project_forward(const std::string &isa, Floats<4> bits, Indices<2> route, Floats<1> bias, float tau, float margin,
                     bool hard, MutableFloats<4> out, MutableFloats<1> sums, int threads) {
    const size_t batch = bits.shape(0), points = bits.shape(1), pixels = bits.shape(2) * bits.shape(3);
    const size_t channels = route.shape(0), row_floats = channels + 1;
    const ProjectPlan plan = make_project_plan(points, pixels, route, bias, tau, margin, hard);
    require_shape(out, {batch, channels, bits.shape(2), bits.shape(3)}, "out");
    require_shape(sums, {2}, "sums");
    const auto kernel = lbp_find_isa(isa).project_forward;
    auto scratch = scratch_for(batch, threads, channels * LBP_PROJECT_SCRATCH);
    std::vector<float> rows(batch * row_floats);
    for_each_part(batch, threads, [&](size_t part, size_t first, size_t last) {
        for (size_t b = first; b < last; b++) {
            float *row = rows.data() + b * row_floats;
            kernel(&plan.c, bits.data() + b * points * pixels, out.data() + b * channels * pixels, row, row + channels,
                   scratch[part].data());
        }
    });
    double totals[2] = {0, 0};
    for (size_t i = 0; i < rows.size(); i++) totals[i % row_floats == channels] += rows[i];
    for (int i = 0; i < 2; i++) sums.data()[i] = static_cast<float>(totals[i]);
}

void project_backward(const std::string &isa, Floats<4> bits, Indices<2> route, Floats<1> bias, float tau, float margin,
                      Floats<4> grad, float grad_alive, float grad_shortfall, MutableFloats<4> grad_bits,
                      MutableFloats<1> grad_bias, int threads) {
    const size_t batch = bits.shape(0), points = bits.shape(1), pixels = bits.shape(2) * bits.shape(3);
    const size_t channels = route.shape(0);
    const ProjectPlan plan = make_project_plan(points, pixels, route, bias, tau, margin, true);
    require_shape(grad, {batch, channels, bits.shape(2), bits.shape(3)}, "grad");
    require_shape(grad_bits, {batch, points, bits.shape(2), bits.shape(3)}, "grad_bits");
    require_shape(grad_bias, {channels}, "grad_bias");
    const auto kernel = lbp_find_isa(isa).project_backward;
    const std::vector<float> of_alive(channels, grad_alive), of_gates(channels, 0.0f);
    auto scratch = scratch_for(batch, threads, channels * LBP_PROJECT_SCRATCH);
    // One row of sums an image, added up in order: the result does not depend on the number of threads.
    std::vector<float> rows(batch * channels);
    for_each_part(batch, threads, [&](size_t part, size_t first, size_t last) {
        for (size_t b = first; b < last; b++)
            kernel(&plan.c, bits.data() + b * points * pixels, grad.data() + b * channels * pixels, of_alive.data(),
                   of_gates.data(), grad_shortfall, grad_bits.data() + b * points * pixels, &rows[b * channels],
                   scratch[part].data());
    });
    std::vector<double> totals(channels);
    for (size_t i = 0; i < rows.size(); i++) totals[i % channels] += rows[i];
    std::copy(totals.begin(), totals.end(), grad_bias.data());
}

}  // namespace

void bind_routed_projection(nb::module_ &m) {
    m.def("project_forward", &project_forward, nb::arg("isa"), nb::arg("bits"), nb::arg("route"), nb::arg("bias"),
          nb::arg("tau"), nb::arg("margin"), nb::arg("hard"), nb::arg("out"), nb::arg("sums"), nb::arg("threads"));
    m.def("project_backward", &project_backward, nb::arg("isa"), nb::arg("bits"), nb::arg("route"), nb::arg("bias"),
          nb::arg("tau"), nb::arg("margin"), nb::arg("grad"), nb::arg("grad_alive"), nb::arg("grad_shortfall"),
          nb::arg("grad_bits"), nb::arg("grad_bias"), nb::arg("threads"));
}
