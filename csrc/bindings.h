// One function a kernel family, each in its own file.
#ifndef LBP_BINDINGS_H
#define LBP_BINDINGS_H

#include <nanobind/nanobind.h>

void bind_shared_lbp(nanobind::module_ &m);
void bind_routed_projection(nanobind::module_ &m);
void bind_routed_lbp(nanobind::module_ &m);
void bind_average_pool(nanobind::module_ &m);
void bind_max_pool(nanobind::module_ &m);
void bind_sum_grid(nanobind::module_ &m);
void bind_stage(nanobind::module_ &m);
void bind_engine(nanobind::module_ &m);

#endif
