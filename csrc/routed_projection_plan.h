// What the projection kernels are told, made from arrays and checked.
#ifndef LBP_ROUTED_PROJECTION_PLAN_H
#define LBP_ROUTED_PROJECTION_PLAN_H

#include "batch.h"
#include "routed_projection.h"

// The plan, and the tables that say which channels count a bit.
struct ProjectPlan {
    lbp_project_plan c{};
    std::vector<int32_t> first_user, users;
};

inline ProjectPlan make_project_plan(size_t bits, size_t pixels, const Indices<2> &route, const Floats<1> &bias, float tau,
                                     float margin, bool hard) {
    require(tau > 0, "tau: expected a temperature above 0");
    require(margin >= 0, "margin: expected 0 or more");
    require_shape(bias, {route.shape(0)}, "bias");
    ProjectPlan plan;
    plan.first_user.resize(bits + 1);
    plan.users.resize(route.size());
    for (size_t i = 0; i < route.size(); i++) {
        require(route.data()[i] >= 0 && static_cast<size_t>(route.data()[i]) < bits,
                "route: expected bit indices from 0 to D - 1");
        plan.first_user[static_cast<size_t>(route.data()[i]) + 1]++;
    }
    for (size_t d = 0; d < bits; d++) plan.first_user[d + 1] += plan.first_user[d];
    std::vector<int32_t> next(plan.first_user);
    for (size_t i = 0; i < route.size(); i++)
        plan.users[next[route.data()[i]]++] = static_cast<int32_t>(i / route.shape(1));
    plan.c = {static_cast<int>(bits),
              static_cast<int>(route.shape(0)),
              static_cast<int>(route.shape(1)),
              static_cast<int>(pixels),
              route.data(),
              plan.first_user.data(),
              plan.users.data(),
              bias.data(),
              tau,
              margin,
              hard};
    return plan;
}

#endif
