// Binding of 2x2 maximum pooling.
#include "max_pool.h"

#include "batch.h"
#include "bindings.h"

namespace {

void forward(Floats<4> x, MutableFloats<4> out, int threads) {
    const size_t height = x.shape(2), width = x.shape(3);
    require_shape(out, {x.shape(0), x.shape(1), height / 2, width / 2}, "out");
    for_each_part(x.shape(0) * x.shape(1), threads, [&](size_t, size_t first, size_t last) {
        for (size_t i = first; i < last; i++)
            lbp_max_pool_forward_f32(x.data() + i * height * width, out.data() + i * (height / 2) * (width / 2),
                                     static_cast<int>(height), static_cast<int>(width));
    });
}

void backward(Floats<4> x, Floats<4> grad, MutableFloats<4> grad_x, int threads) {
    const size_t height = x.shape(2), width = x.shape(3);
    require_shape(grad, {x.shape(0), x.shape(1), height / 2, width / 2}, "grad");
    require_shape(grad_x, {x.shape(0), x.shape(1), height, width}, "grad_x");
    for_each_part(x.shape(0) * x.shape(1), threads, [&](size_t, size_t first, size_t last) {
        for (size_t i = first; i < last; i++)
            lbp_max_pool_backward_f32(x.data() + i * height * width, grad.data() + i * (height / 2) * (width / 2),
                                      grad_x.data() + i * height * width, static_cast<int>(height),
                                      static_cast<int>(width));
    });
}

}  // namespace

void bind_max_pool(nb::module_ &m) {
    m.def("max_pool_forward", &forward, nb::arg("x"), nb::arg("out"), nb::arg("threads"));
    m.def("max_pool_backward", &backward, nb::arg("x"), nb::arg("grad"), nb::arg("grad_x"), nb::arg("threads"));
}
