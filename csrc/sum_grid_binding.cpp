// Binding of sums over a grid of windows.
#include "sum_grid.h"

#include <nanobind/stl/vector.h>

#include <vector>

#include "batch.h"
#include "bindings.h"

namespace {

lbp_grid checked_grid(const std::vector<int> &rows, const std::vector<int> &columns, size_t height, size_t width) {
    const auto tiles = [](const std::vector<int> &ends, size_t side) {
        int before = 0;
        for (const int end : ends) {
            if (end < before) return false;
            before = end;
        }
        return !ends.empty() && static_cast<size_t>(before) == side;
    };
    require(tiles(rows, height) && tiles(columns, width), "windows: expected ascending ends, the last at the side");
    return {rows.data(), columns.data(), static_cast<int>(rows.size()), static_cast<int>(columns.size())};
}

void forward(Floats<4> x, MutableFloats<4> out, const std::vector<int> &rows, const std::vector<int> &columns,
             int threads) {
    const size_t pixels = x.shape(2) * x.shape(3), windows = rows.size() * columns.size();
    const lbp_grid grid = checked_grid(rows, columns, x.shape(2), x.shape(3));
    require_shape(out, {x.shape(0), x.shape(1), rows.size(), columns.size()}, "out");
    for_each_part(x.shape(0) * x.shape(1), threads, [&](size_t, size_t first, size_t last) {
        for (size_t i = first; i < last; i++)
            lbp_sum_grid_forward_f32(x.data() + i * pixels, out.data() + i * windows, &grid);
    });
}

void backward(Floats<4> grad, MutableFloats<4> grad_x, const std::vector<int> &rows, const std::vector<int> &columns,
              int threads) {
    const size_t pixels = grad_x.shape(2) * grad_x.shape(3), windows = rows.size() * columns.size();
    const lbp_grid grid = checked_grid(rows, columns, grad_x.shape(2), grad_x.shape(3));
    require_shape(grad, {grad_x.shape(0), grad_x.shape(1), rows.size(), columns.size()}, "grad");
    for_each_part(grad_x.shape(0) * grad_x.shape(1), threads, [&](size_t, size_t first, size_t last) {
        for (size_t i = first; i < last; i++)
            lbp_sum_grid_backward_f32(grad.data() + i * windows, grad_x.data() + i * pixels, &grid);
    });
}

}  // namespace

void bind_sum_grid(nb::module_ &m) {
    m.def("sum_grid_forward", &forward, nb::arg("x"), nb::arg("out"), nb::arg("rows"), nb::arg("columns"),
          nb::arg("threads"));
    m.def("sum_grid_backward", &backward, nb::arg("grad"), nb::arg("grad_x"), nb::arg("rows"), nb::arg("columns"),
          nb::arg("threads"));
}
