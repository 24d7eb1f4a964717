// Binding of 2x2 average pooling.
#include "average_pool.h"

#include "batch.h"
#include "bindings.h"

namespace {

void pool_forward(Floats<4> x, MutableFloats<4> out, int threads) {
    const size_t height = x.shape(2), width = x.shape(3), planes = x.shape(0) * x.shape(1);
    require_shape(out, {x.shape(0), x.shape(1), height / 2, width / 2}, "out");
    for_each_part(planes, threads, [&](size_t, size_t first, size_t last) {
        for (size_t i = first; i < last; i++)
            lbp_average_pool_forward_f32(x.data() + i * height * width, out.data() + i * (height / 2) * (width / 2),
                                         static_cast<int>(height), static_cast<int>(width));
    });
}

void pool_backward(Floats<4> grad, MutableFloats<4> grad_x, int threads) {
    const size_t height = grad_x.shape(2), width = grad_x.shape(3), planes = grad_x.shape(0) * grad_x.shape(1);
    require_shape(grad, {grad_x.shape(0), grad_x.shape(1), height / 2, width / 2}, "grad");
    for_each_part(planes, threads, [&](size_t, size_t first, size_t last) {
        for (size_t i = first; i < last; i++)
            lbp_average_pool_backward_f32(grad.data() + i * (height / 2) * (width / 2),
                                          grad_x.data() + i * height * width, static_cast<int>(height),
                                          static_cast<int>(width));
    });
}

}  // namespace

void bind_average_pool(nb::module_ &m) {
    m.def("pool_forward", &pool_forward, nb::arg("x"), nb::arg("out"), nb::arg("threads"));
    m.def("pool_backward", &pool_backward, nb::arg("grad"), nb::arg("grad_x"), nb::arg("threads"));
}
