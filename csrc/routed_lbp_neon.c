/* Routed LBP for NEON (AArch64). */
#define LBP_LANES 4
#define LBP_ISA neon
#include "routed_lbp_kernel.h"
