/* LBP_NAME(lbp_x_) is lbp_x_<LBP_ISA>: the name of a function for the instruction set being compiled. */
#ifndef LBP_ISA_NAME_H
#define LBP_ISA_NAME_H

#define LBP_GLUE2(a, b) a##b
#define LBP_GLUE(a, b) LBP_GLUE2(a, b)
#define LBP_NAME(base) LBP_GLUE(base, LBP_ISA)

#endif
