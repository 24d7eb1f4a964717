// The module lbpnet._kernels.
#include "bindings.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "dispatch.h"

namespace nb = nanobind;

namespace {

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (size_t i = 0; i < lbp_isa_count; i++)
        if (lbp_isas[i].available()) names.emplace_back(lbp_isas[i].name);
    return names;
}

}  // namespace

NB_MODULE(_kernels, m) {
    m.doc() = "Native kernels; use them through lbpnet.ops and lbpnet.engine.";
    m.def("instruction_sets", &instruction_sets, "Names that this CPU can run, slowest first.");
    bind_shared_lbp(m);
    bind_routed_projection(m);
    bind_routed_lbp(m);
    bind_average_pool(m);
    bind_max_pool(m);
    bind_sum_grid(m);
    bind_stage(m);
    bind_engine(m);
}
