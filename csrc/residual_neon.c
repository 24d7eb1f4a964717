/* Residual of a stage for NEON. */
#define LBP_LANES 4
#define LBP_ISA neon
#include "residual_kernel.h"
