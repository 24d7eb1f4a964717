/* Routed LBP for AVX2 and FMA. */
#define LBP_LANES 8
#define LBP_ISA avx2
#include "routed_lbp_kernel.h"
