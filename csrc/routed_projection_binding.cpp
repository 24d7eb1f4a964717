// Binding of the routed-projection kernels.
#include "routed_projection.h"

#include <nanobind/stl/string.h>

#include "batch.h"
#include "bindings.h"
#include "dispatch.h"

namespace {

lbp_project_plan make_plan(const Floats<4> &bits, const Indices<2> &route, const Floats<1> &bias, float tau,
                           float margin, bool hard) {
    require(tau > 0, "tau: expected a temperature above 0");
    require(margin >= 0, "margin: expected 0 or more");
    require_shape(bias, {route.shape(0)}, "bias");
    for (size_t i = 0; i < route.size(); i++)
        require(route.data()[i] >= 0 && static_cast<size_t>(route.data()[i]) < bits.shape(1),
                "route: expected bit indices from 0 to D - 1");
    return {static_cast<int>(bits.shape(1)),
            static_cast<int>(route.shape(0)),
            static_cast<int>(route.shape(1)),
            static_cast<int>(bits.shape(2) * bits.shape(3)),
            route.data(),
            bias.data(),
            tau,
            margin,
            hard};
}

// sums: alive and shortfall over the whole batch.
void project_forward(const std::string &isa, Floats<4> bits, Indices<2> route, Floats<1> bias, float tau, float margin,
                     bool hard, MutableFloats<4> out, MutableFloats<1> sums, int threads) {
    const lbp_project_plan plan = make_plan(bits, route, bias, tau, margin, hard);
    const size_t batch = bits.shape(0), pixels = static_cast<size_t>(plan.pixels);
    require_shape(out, {batch, route.shape(0), bits.shape(2), bits.shape(3)}, "out");
    require_shape(sums, {2}, "sums");
    const auto kernel = lbp_find_isa(isa).project_forward;
    std::vector<float> rows(2 * batch);
    for_each_part(batch, threads, [&](size_t, size_t first, size_t last) {
        for (size_t b = first; b < last; b++)
            kernel(&plan, bits.data() + b * plan.bits * pixels, out.data() + b * plan.channels * pixels, &rows[2 * b]);
    });
    double totals[2] = {0, 0};
    for (size_t i = 0; i < rows.size(); i++) totals[i % 2] += rows[i];
    for (int i = 0; i < 2; i++) sums.data()[i] = static_cast<float>(totals[i]);
}

void project_backward(const std::string &isa, Floats<4> bits, Indices<2> route, Floats<1> bias, float tau, float margin,
                      Floats<4> grad, float grad_alive, float grad_shortfall, MutableFloats<4> grad_bits,
                      MutableFloats<1> grad_bias, int threads) {
    const lbp_project_plan plan = make_plan(bits, route, bias, tau, margin, true);
    const size_t batch = bits.shape(0), pixels = static_cast<size_t>(plan.pixels), channels = route.shape(0);
    require_shape(grad, {batch, channels, bits.shape(2), bits.shape(3)}, "grad");
    require_shape(grad_bits, {batch, bits.shape(1), bits.shape(2), bits.shape(3)}, "grad_bits");
    require_shape(grad_bias, {channels}, "grad_bias");
    const auto kernel = lbp_find_isa(isa).project_backward;
    // One row of sums an image, added up in order: the result does not depend on the number of threads.
    std::vector<float> rows(batch * channels);
    for_each_part(batch, threads, [&](size_t, size_t first, size_t last) {
        for (size_t b = first; b < last; b++)
            kernel(&plan, bits.data() + b * plan.bits * pixels, grad.data() + b * channels * pixels, grad_alive,
                   grad_shortfall, grad_bits.data() + b * plan.bits * pixels, &rows[b * channels]);
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
