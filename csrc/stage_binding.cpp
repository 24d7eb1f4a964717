// Binding of the residual stage: all of an image in one go, nothing between its parts stored.
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

// Adds up rows of `width` floats, in order.
std::vector<double> add_rows(const std::vector<float> &rows, size_t width) {
    std::vector<double> added(width);
    for (size_t row = 0; row < rows.size(); row += width)
        for (size_t i = 0; i < width; i++) added[i] += rows[row + i];
    return added;
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
            kernels.maps->bits_to_counts(bits, compare.c.scale, counts.data() + b * s.bits, s.bits);
            kernels.project_forward(&project.c, bits, gates, row, row + s.channels, inner);
            for (size_t k = 0; k < s.channels; k++)
                kernels.maps->sum_gates(gates + k * s.pixels, sums.data() + b * s.pooled + k * (s.pooled / s.channels),
                                        static_cast<int>(s.height), static_cast<int>(s.width), s.pool);
        }
    });
    require(!nan, "x: expected numbers, got NaN");
    const std::vector<double> added = add_rows(totals, row_floats);
    std::copy(added.begin(), added.end() - 1, alive.data());
    shortfall.data()[0] = static_cast<float>(added.back());
}

lbp_residual_plan residual_plan(const Floats<4> &x, const Floats<2> &residual, bool pool) {
    require(residual.shape(1) == x.shape(1), "residual: expected one weight for each channel of x");
    return {static_cast<int>(x.shape(1)), static_cast<int>(residual.shape(0)), static_cast<int>(x.shape(2)),
            static_cast<int>(x.shape(3)), pool, residual.data()};
}

// Sizes of a map after pooling, and of all channels of one image's.
struct OutputSizes {
    size_t batch, channels, pixels, image;
};

OutputSizes output_sizes(const Bytes &sums) {
    const size_t pixels = sums.shape(2) * sums.shape(3);
    return {sums.shape(0), sums.shape(1), pixels, sums.shape(1) * pixels};
}

void stage_output(const std::string &isa, Bytes sums, Floats<1> slope, Floats<1> shift, bool pool, Floats<4> x,
                  Floats<2> residual, MutableFloats<4> out, int threads) {
    const OutputSizes s = output_sizes(sums);
    const lbp_residual_plan plan = residual_plan(x, residual, pool);
    const size_t divide = pool ? 2 : 1, in = x.shape(1) * x.shape(2) * x.shape(3);
    require_shape(slope, {s.channels}, "slope");
    require_shape(shift, {s.channels}, "shift");
    require_shape(residual, {s.channels, x.shape(1)}, "residual");
    require_shape(sums, {x.shape(0), s.channels, x.shape(2) / divide, x.shape(3) / divide}, "sums");
    require_shape(out, {s.batch, s.channels, sums.shape(2), sums.shape(3)}, "out");
    std::vector<float> slope_of_sum(slope.data(), slope.data() + s.channels);
    for (float &value : slope_of_sum) value /= pool ? 4.0f : 1.0f;
    const auto kernel = lbp_find_isa(isa).residual_forward;
    auto scratch = scratch_for(s.batch, threads, lbp_residual_scratch_floats(&plan));
    for_each_part(s.batch, threads, [&](size_t part, size_t first, size_t last) {
        for (size_t b = first; b < last; b++)
            kernel(&plan, x.data() + b * in, sums.data() + b * s.image, slope_of_sum.data(), shift.data(),
                   out.data() + b * s.image, scratch[part].data());
    });
}

// grad_slope, grad_shift: of each channel, over the batch.
void stage_output_backward(const std::string &isa, Floats<4> out, Floats<4> grad, Bytes sums, bool pool,
                           MutableFloats<1> grad_slope, MutableFloats<1> grad_shift, int threads) {
    const OutputSizes s = output_sizes(sums);
    const std::vector<size_t> shape = {s.batch, s.channels, sums.shape(2), sums.shape(3)};
    require_shape(out, shape, "out");
    require_shape(grad, shape, "grad");
    require(grad_slope.size() == s.channels && grad_shift.size() == s.channels, "grad_slope: expected one a channel");
    const auto kernel = lbp_find_isa(isa).maps->output_totals;
    std::vector<float> totals(s.batch * s.channels * 2);
    for_each_part(s.batch, threads, [&](size_t, size_t first, size_t last) {
        for (size_t i = first * s.channels; i < last * s.channels; i++)
            kernel(out.data() + i * s.pixels, grad.data() + i * s.pixels, sums.data() + i * s.pixels, &totals[2 * i],
                   s.pixels);
    });
    const std::vector<double> added = add_rows(totals, 2 * s.channels);
    for (size_t k = 0; k < s.channels; k++) {
        grad_slope.data()[k] = static_cast<float>(added[2 * k] / (pool ? 4 : 1));
        grad_shift.data()[k] = static_cast<float>(added[2 * k + 1]);
    }
}

// grad: of the stage's output; gate_constant and gate_factor: see lbp_project_backward_fn.
void stage_gates_backward(const std::string &isa, Floats<4> x, Floats<3> offsets, std::optional<Indices<1>> route,
                          int window, float alpha, Indices<2> rows, Floats<1> bias, float tau, float margin, bool pool,
                          Bytes counts, Floats<2> residual, Floats<4> out, Floats<4> grad, Floats<1> slope,
                          Floats<1> gate_constant, Floats<1> gate_factor, float grad_shortfall, MutableFloats<4> grad_x,
                          MutableFloats<3> grad_offsets, MutableFloats<1> grad_alpha, MutableFloats<1> grad_bias,
                          MutableFloats<2> grad_residual, int threads) {
    const SharedPlan compare = make_shared_plan(x, offsets, route, window, alpha, true);
    const Sizes s = sizes_of(x, offsets, rows, pool);
    const ProjectPlan project = make_project_plan(s.points, s.pixels, rows, bias, tau, margin, true);
    const lbp_residual_plan beside = residual_plan(x, residual, pool);
    require_shape(counts, {s.batch, s.points, s.height, s.width}, "counts");
    require_pooled(out, s, "out");
    require_pooled(grad, s, "grad");
    require_shape(residual, {s.channels, x.shape(1)}, "residual");
    require_shape(grad_residual, {s.channels, x.shape(1)}, "grad_residual");
    require_shape(grad_x, {s.batch, x.shape(1), s.height, s.width}, "grad_x");
    require(grad_offsets.size() == offsets.size() && grad_alpha.size() == 1, "grad_offsets: expected shape of offsets");
    for (const auto &of_channel : {slope.size(), gate_constant.size(), gate_factor.size(), grad_bias.size()})
        require(of_channel == s.channels, "slope: expected one a channel");
    const lbp_isa &kernels = lbp_find_isa(isa);
    const size_t inner_floats = std::max({lbp_shared_scratch_floats(&compare.c), s.channels * LBP_PROJECT_SCRATCH,
                                          lbp_residual_scratch_floats(&beside)});
    const size_t row_floats = compare.row_floats(), weights = residual.size(), plane = s.pooled / s.channels;
    auto scratch = scratch_for(s.batch, threads, inner_floats + 2 * s.bits + s.gates + s.pooled);
    std::vector<float> compare_rows(s.batch * row_floats), bias_rows(s.batch * s.channels);
    std::vector<float> weight_rows(s.batch * weights);
    for_each_part(s.batch, threads, [&](size_t part, size_t first, size_t last) {
        float *inner = scratch[part].data(), *bits = inner + inner_floats, *grad_bits = bits + s.bits;
        float *gates = grad_bits + s.bits, *gm = gates + s.gates;
        for (size_t b = first; b < last; b++) {
            float *row = compare_rows.data() + b * row_floats, *to_x = grad_x.data() + b * s.in;
            kernels.maps->through_output(out.data() + b * s.pooled, grad.data() + b * s.pooled, gm, s.pooled);
            kernels.maps->counts_to_bits(counts.data() + b * s.bits, compare.c.scale, bits, s.bits);
            for (size_t k = 0; k < s.channels; k++)
                kernels.maps->spread_to_gates(gm + k * plane, slope.data()[k] / (pool ? 4.0f : 1.0f),
                                              gates + k * s.pixels, static_cast<int>(s.height),
                                              static_cast<int>(s.width), s.pool);
            kernels.project_backward(&project.c, bits, gates, gate_constant.data(), gate_factor.data(), grad_shortfall,
                                     grad_bits, &bias_rows[b * s.channels], inner);
            kernels.shared_backward(&compare.c, x.data() + b * s.in, grad_bits, to_x, row, row + row_floats - 1, inner);
            kernels.residual_backward(&beside, x.data() + b * s.in, gm, to_x, &weight_rows[b * weights], inner);
        }
    });
    add_shared_rows(compare, compare_rows, s.batch, grad_offsets.data(), grad_offsets.size(), grad_alpha.data());
    const std::vector<double> of_bias = add_rows(bias_rows, s.channels), of_weights = add_rows(weight_rows, weights);
    std::copy(of_bias.begin(), of_bias.end(), grad_bias.data());
    std::copy(of_weights.begin(), of_weights.end(), grad_residual.data());
}

}  // namespace

void bind_stage(nb::module_ &m) {
    m.def("stage_gates", &stage_gates, nb::arg("isa"), nb::arg("x"), nb::arg("offsets"), nb::arg("route").none(),
          nb::arg("window"), nb::arg("alpha"), nb::arg("rows"), nb::arg("bias"), nb::arg("tau"), nb::arg("margin"),
          nb::arg("pool"), nb::arg("counts"), nb::arg("sums"), nb::arg("alive"), nb::arg("shortfall"),
          nb::arg("threads"));
    m.def("stage_output", &stage_output, nb::arg("isa"), nb::arg("sums"), nb::arg("slope"), nb::arg("shift"),
          nb::arg("pool"), nb::arg("x"), nb::arg("residual"), nb::arg("out"), nb::arg("threads"));
    m.def("stage_output_backward", &stage_output_backward, nb::arg("isa"), nb::arg("out"), nb::arg("grad"),
          nb::arg("sums"), nb::arg("pool"), nb::arg("grad_slope"), nb::arg("grad_shift"), nb::arg("threads"));
    m.def("stage_gates_backward", &stage_gates_backward, nb::arg("isa"), nb::arg("x"), nb::arg("offsets"),
          nb::arg("route").none(), nb::arg("window"), nb::arg("alpha"), nb::arg("rows"), nb::arg("bias"),
          nb::arg("tau"), nb::arg("margin"), nb::arg("pool"), nb::arg("counts"), nb::arg("residual"), nb::arg("out"),
          nb::arg("grad"), nb::arg("slope"), nb::arg("gate_constant"), nb::arg("gate_factor"),
          nb::arg("grad_shortfall"), nb::arg("grad_x"), nb::arg("grad_offsets"), nb::arg("grad_alpha"),
          nb::arg("grad_bias"), nb::arg("grad_residual"), nb::arg("threads"));
}
