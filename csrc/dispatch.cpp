#include "dispatch.h"

#include <stdexcept>

namespace {
bool always() { return true; }
#if defined(LBP_X86_KERNELS)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt"); }
bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bitalg") &&
           __builtin_cpu_supports("avx512vnni") && has_avx2();
}
#endif
}  // namespace

#define LBP_ENTRY(isa, probe)                                                                 \
    {                                                                                         \
        #isa, probe, lbp_shared_forward_f32_##isa, lbp_shared_backward_f32_##isa,             \
            lbp_project_forward_f32_##isa, lbp_project_backward_f32_##isa,                    \
            lbp_residual_forward_f32_##isa, lbp_residual_backward_f32_##isa,                  \
            &lbp_stage_maps_##isa, lbp_routed_forward_f32_##isa,                              \
            lbp_routed_backward_f32_##isa, lbp_engine_run_##isa, &lbp_engine_vector_##isa     \
    }

const lbp_isa lbp_isas[] = {
    LBP_ENTRY(portable, always),
#if defined(LBP_X86_KERNELS)
    LBP_ENTRY(avx2, has_avx2),
    LBP_ENTRY(avx512, has_avx512),
#endif
#if defined(LBP_NEON_KERNELS)
    /* Every AArch64 CPU has it. */
    LBP_ENTRY(neon, always),
#endif
};

const size_t lbp_isa_count = sizeof lbp_isas / sizeof *lbp_isas;

const lbp_isa &lbp_find_isa(const std::string &name) {
    for (const lbp_isa &isa : lbp_isas)
        if (name == isa.name) {
            if (!isa.available()) throw std::invalid_argument("instruction set " + name + ": this CPU lacks it");
            return isa;
        }
    throw std::invalid_argument("instruction set " + name + ": not compiled in");
}
