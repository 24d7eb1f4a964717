// Binding of the shared-pattern LBP kernels.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <atomic>

#include "bindings.h"
#include "dispatch.h"
#include "shared_lbp_plan.h"

namespace {

void shared_forward(const std::string &isa, Floats<4> x, Floats<3> offsets, std::optional<Indices<1>> route, int window,
                    float alpha, bool hard, MutableFloats<4> out, int threads) {
    const SharedPlan plan = make_shared_plan(x, offsets, route, window, alpha, hard);
    const size_t batch = x.shape(0), in = x.shape(1) * x.shape(2) * x.shape(3);
    require_shape(out, {batch, offsets.shape(1), x.shape(2), x.shape(3)}, "out");
    const size_t size = offsets.shape(1) * x.shape(2) * x.shape(3);
    const auto kernel = lbp_find_isa(isa).shared_forward;
    auto scratch = scratch_for(batch, threads, lbp_shared_scratch_floats(&plan.c));
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
    const SharedPlan plan = make_shared_plan(x, offsets, route, window, alpha, true);
    const size_t batch = x.shape(0), in = x.shape(1) * x.shape(2) * x.shape(3);
    require_shape(grad, {batch, offsets.shape(1), x.shape(2), x.shape(3)}, "grad");
    require_shape(grad_x, {batch, x.shape(1), x.shape(2), x.shape(3)}, "grad_x");
    require(grad_offsets.size() == offsets.size() && grad_alpha.size() == 1, "grad_offsets: expected shape of offsets");
    const size_t size = offsets.shape(1) * x.shape(2) * x.shape(3), row_floats = plan.row_floats();
    const auto kernel = lbp_find_isa(isa).shared_backward;
    auto scratch = scratch_for(batch, threads, lbp_shared_scratch_floats(&plan.c));
    std::vector<float> rows(batch * row_floats);
    for_each_part(batch, threads, [&](size_t part, size_t first, size_t last) {
        for (size_t b = first; b < last; b++) {
            float *row = rows.data() + b * row_floats;
            kernel(&plan.c, x.data() + b * in, grad.data() + b * size, grad_x.data() + b * in, row,
                   row + row_floats - 1, scratch[part].data());
        }
    });
    add_shared_rows(plan, rows, batch, grad_offsets.data(), grad_offsets.size(), grad_alpha.data());
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
