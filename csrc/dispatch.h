/* Instruction sets compiled in, each with a probe of the running CPU's feature bits. */
#ifndef LBP_DISPATCH_H
#define LBP_DISPATCH_H

#include <string>

#include "engine.h"
#include "residual.h"
#include "routed_lbp.h"
#include "routed_projection.h"
#include "shared_lbp.h"
#include "stage_maps.h"

struct lbp_isa {
    const char *name;
    bool (*available)();
    lbp_shared_forward_fn *shared_forward;
    lbp_shared_backward_fn *shared_backward;
    lbp_project_forward_fn *project_forward;
    lbp_project_backward_fn *project_backward;
    lbp_residual_forward_fn *residual_forward;
    lbp_residual_backward_fn *residual_backward;
    const lbp_stage_maps *maps;
    lbp_routed_forward_fn *routed_forward;
    lbp_routed_backward_fn *routed_backward;
    lbp_engine_run_fn *engine_run;
    const int *engine_vector; /* bytes */
};

/* Slowest first. */
extern const lbp_isa lbp_isas[];
extern const size_t lbp_isa_count;

/* Throws std::invalid_argument for a name that is not compiled in, or that this CPU cannot run. */
const lbp_isa &lbp_find_isa(const std::string &name);

#endif
