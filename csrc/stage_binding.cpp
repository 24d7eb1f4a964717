// Binding of the residual stage: comparison and projection of an image in one go, nothing between them stored.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <atomic>

#include "bindings.h"
#include "dispatch.h"
#include "routed_projection_plan.h"
#include "shared_lbp_plan.h"
#include "stage_maps.h"

namespace {

using Bytes = nb::ndarray<const uint8_t, nb::ndim<4>, nb::c_contig, nb::device::cpu>;
using MutableBytes = nb::ndarray<uint8_t, nb::ndim<4>, nb::c_contig, nb::device::cpu>;

// Sizes of one image's maps, in elements.
struct Sizes {
    size_t batch, height, width, points, channels, pixels, in, bits, gates, pooled;
    int pool;
};

Sizes sizes_of(const Floats<4> &x, const Floats<3> &offsets, const Indices<2> &rows, bool pool) {
    Sizes s{};
    s.batch = x.shape(0), s.height = x.shape(2), s.width = x.shape(3);
    s.points = offsets.shape(1), s.channels = rows.shape(0), s.pixels = s.height * s.width;
    s.in = x.shape(1) * s.pixels, s.bits = s.points * s.pixels, s.gates = s.channels * s.pixels;
    s.pool = pool;
    s.pooled = s.channels * (pool ? (s.height / 2) * (s.width / 2) : s.pixels);
    return s;
}

template <class Array>
void require_pooled(const Array &array, const Sizes &s, const char *name) {
    require_shape(array, {s.batch, s.channels, s.pool ? s.height / 2 : s.height, s.pool ? s.width / 2 : s.width}, name);
}

// counts: (B, D, H, W); sums: 2x2 sums of gates; alive: of each channel, over the batch; shortfall: one, likewise.
void stage_gates(const std::string &isa, Floats<4> x, Floats<3> offsets, std::optional<Indices<1>> route, int window,
                 float alpha, Indices<2> rows, Floats<1> bias, float tau, float margin, bool pool, MutableBytes counts,
                 MutableBytes sums, MutableFloats<1> alive, MutableFloats<1> shortfall, int threads) {
    const SharedPlan compare = make_shared_plan(x, offsets, route, window, alpha, true);
    require(route || x.shape(1) <= 255, "x: expected at most 255 channels");
    const Sizes s = sizes_of(x, offsets, rows, pool);
    const ProjectPlan project = make_project_plan(s.points, s.pixels, rows, bias, tau, margin, true);
    require_shape(counts, {s.batch, s.points, s.height, s.width}, "counts");
    require_pooled(sums, s, "sums");
    require(alive.size() == s.channels && shortfall.size() == 1, "alive: expected one a channel");
    const lbp_isa &kernels = lbp_find_isa(isa);
    const size_t shared = lbp_shared_scratch_floats(&compare.c), row_floats = s.channels + 1;
    const size_t inner_floats = std::max(shared, s.channels * LBP_PROJECT_SCRATCH);
    auto scratch = scratch_for(s.batch, threads, inner_floats + s.bits + s.gates);
    std::vector<float> totals(s.batch * row_floats);
    std::atomic<int> nan{0};
    for_each_part(s.batch, threads, [&](size_t part, size_t first, size_t last) {
        float *inner = scratch[part].data(), *bits = inner + inner_floats, *gates = bits + s.bits;
        for (size_t b = first; b < last; b++) {
            float *row = totals.data() + b * row_floats;
            if (kernels.shared_forward(&compare.c, x.data() + b * s.in, bits, inner)) nan = 1;
            lbp_bits_to_counts(bits, compare.c.scale, counts.data() + b * s.bits, s.bits);
            kernels.project_forward(&project.c, bits, gates, row, row + s.channels, inner);
            for (size_t k = 0; k < s.channels; k++)
                lbp_sum_gates(gates + k * s.pixels, sums.data() + b * s.pooled + k * (s.pooled / s.channels),
                              static_cast<int>(s.height), static_cast<int>(s.width), s.pool);
        }
    });
    require(!nan, "x: expected numbers, got NaN");
    std::vector<double> added(row_floats);
    for (size_t i = 0; i < totals.size(); i++) added[i % row_floats] += totals[i];
    std::copy(added.begin(), added.end() - 1, alive.data());
    shortfall.data()[0] = static_cast<float>(added.back());
}

void stage_output(Bytes sums, Floats<1> slope, Floats<1> shift, bool pool, Floats<4> residual, MutableFloats<4> out,
                  int threads) {
    const size_t channels = sums.shape(1), pixels = sums.shape(2) * sums.shape(3);
    require_shape(slope, {channels}, "slope");
    require_shape(shift, {channels}, "shift");
    require_shape(residual, {sums.shape(0), channels, sums.shape(2), sums.shape(3)}, "residual");
    require_shape(out, {sums.shape(0), channels, sums.shape(2), sums.shape(3)}, "out");
    const float block = pool ? 4.0f : 1.0f;
    for_each_part(sums.shape(0), threads, [&](size_t, size_t first, size_t last) {
        for (size_t i = first * channels; i < last * channels; i++)
            lbp_stage_output(sums.data() + i * pixels, slope.data()[i % channels] / block, shift.data()[i % channels],
                             residual.data() + i * pixels, out.data() + i * pixels, pixels);
    });
}

// grad_slope, grad_shift: of each channel, over the batch.
void stage_output_backward(Floats<4> out, Floats<4> grad, Bytes sums, bool pool, MutableFloats<4> grad_residual,
                           MutableFloats<1> grad_slope, MutableFloats<1> grad_shift, int threads) {
    const size_t batch = sums.shape(0), channels = sums.shape(1), pixels = sums.shape(2) * sums.shape(3);
    const std::vector<size_t> shape = {batch, channels, sums.shape(2), sums.shape(3)};
    require_shape(out, shape, "out");
    require_shape(grad, shape, "grad");
    require_shape(grad_residual, shape, "grad_residual");
    require(grad_slope.size() == channels && grad_shift.size() == channels, "grad_slope: expected one a channel");
    std::vector<float> totals(batch * channels * 2);
    for_each_part(batch, threads, [&](size_t, size_t first, size_t last) {
        for (size_t i = first * channels; i < last * channels; i++)
            lbp_stage_output_backward(out.data() + i * pixels, grad.data() + i * pixels, sums.data() + i * pixels,
                                      grad_residual.data() + i * pixels, &totals[2 * i], pixels);
    });
    std::vector<double> added(2 * channels);
    for (size_t i = 0; i < totals.size(); i++) added[i % (2 * channels)] += totals[i];
    for (size_t k = 0; k < channels; k++) {
        grad_slope.data()[k] = static_cast<float>(added[2 * k] / (pool ? 4 : 1));
        grad_shift.data()[k] = static_cast<float>(added[2 * k + 1]);
    }
}

// grad: of the pooled gates' normalised value (gm); gate_constant and gate_factor: see lbp_project_backward_fn.
void stage_gates_backward(const std::string &isa, Floats<4> x, Floats<3> offsets, std::optional<Indices<1>> route,
                          int window, float alpha, Indices<2> rows, Floats<1> bias, float tau, float margin, bool pool,
                          Bytes counts, Floats<4> grad, Floats<1> slope, Floats<1> gate_constant, Floats<1> gate_factor,
                          float grad_shortfall, MutableFloats<4> grad_x, MutableFloats<3> grad_offsets,
                          MutableFloats<1> grad_alpha, MutableFloats<1> grad_bias, int threads) {
    const SharedPlan compare = make_shared_plan(x, offsets, route, window, alpha, true);
    const Sizes s = sizes_of(x, offsets, rows, pool);
    const ProjectPlan project = make_project_plan(s.points, s.pixels, rows, bias, tau, margin, true);
    require_shape(counts, {s.batch, s.points, s.height, s.width}, "counts");
    require_pooled(grad, s, "grad");
    require_shape(grad_x, {s.batch, x.shape(1), s.height, s.width}, "grad_x");
    require(grad_offsets.size() == offsets.size() && grad_alpha.size() == 1, "grad_offsets: expected shape of offsets");
    for (const auto &of_channel : {slope.size(), gate_constant.size(), gate_factor.size(), grad_bias.size()})
        require(of_channel == s.channels, "slope: expected one a channel");
    const lbp_isa &kernels = lbp_find_isa(isa);
    const size_t shared = lbp_shared_scratch_floats(&compare.c), row_floats = compare.row_floats();
    const size_t inner_floats = std::max(shared, s.channels * LBP_PROJECT_SCRATCH);
    auto scratch = scratch_for(s.batch, threads, inner_floats + 2 * s.bits + s.gates);
    std::vector<float> compare_rows(s.batch * row_floats), bias_rows(s.batch * s.channels);
    for_each_part(s.batch, threads, [&](size_t part, size_t first, size_t last) {
        float *inner = scratch[part].data(), *bits = inner + inner_floats;
        float *grad_bits = bits + s.bits, *gates = grad_bits + s.bits;
        for (size_t b = first; b < last; b++) {
            float *row = compare_rows.data() + b * row_floats;
            lbp_counts_to_bits(counts.data() + b * s.bits, compare.c.scale, bits, s.bits);
            for (size_t k = 0; k < s.channels; k++)
                lbp_spread_to_gates(grad.data() + b * s.pooled + k * (s.pooled / s.channels),
                                    slope.data()[k] / (pool ? 4.0f : 1.0f), gates + k * s.pixels,
                                    static_cast<int>(s.height), static_cast<int>(s.width), s.pool);
            kernels.project_backward(&project.c, bits, gates, gate_constant.data(), gate_factor.data(), grad_shortfall,
                                     grad_bits, &bias_rows[b * s.channels], inner);
            kernels.shared_backward(&compare.c, x.data() + b * s.in, grad_bits, grad_x.data() + b * s.in, row,
                                    row + row_floats - 1, inner);
        }
    });
    add_shared_rows(compare, compare_rows, s.batch, grad_offsets.data(), grad_offsets.size(), grad_alpha.data());
    std::vector<double> totals(s.channels);
    for (size_t i = 0; i < bias_rows.size(); i++) totals[i % s.channels] += bias_rows[i];
    std::copy(totals.begin(), totals.end(), grad_bias.data());
}

}  // namespace

void bind_stage(nb::module_ &m) {
    m.def("stage_gates", &stage_gates, nb::arg("isa"), nb::arg("x"), nb::arg("offsets"), nb::arg("route").none(),
          nb::arg("window"), nb::arg("alpha"), nb::arg("rows"), nb::arg("bias"), nb::arg("tau"), nb::arg("margin"),
          nb::arg("pool"), nb::arg("counts"), nb::arg("sums"), nb::arg("alive"), nb::arg("shortfall"),
          nb::arg("threads"));
    m.def("stage_output", &stage_output, nb::arg("sums"), nb::arg("slope"), nb::arg("shift"), nb::arg("pool"),
          nb::arg("residual"), nb::arg("out"), nb::arg("threads"));
    m.def("stage_output_backward", &stage_output_backward, nb::arg("out"), nb::arg("grad"), nb::arg("sums"),
          nb::arg("pool"), nb::arg("grad_residual"), nb::arg("grad_slope"), nb::arg("grad_shift"), nb::arg("threads"));
    m.def("stage_gates_backward", &stage_gates_backward, nb::arg("isa"), nb::arg("x"), nb::arg("offsets"),
          nb::arg("route").none(), nb::arg("window"), nb::arg("alpha"), nb::arg("rows"), nb::arg("bias"),
          nb::arg("tau"), nb::arg("margin"), nb::arg("pool"), nb::arg("counts"), nb::arg("grad"), nb::arg("slope"),
          nb::arg("gate_constant"), nb::arg("gate_factor"), nb::arg("grad_shortfall"), nb::arg("grad_x"),
          nb::arg("grad_offsets"), nb::arg("grad_alpha"), nb::arg("grad_bias"), nb::arg("threads"));
}
