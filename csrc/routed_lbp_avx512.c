/* Routed LBP for AVX-512F. */
#define LBP_LANES 16
#define LBP_ISA avx512
#include "routed_lbp_kernel.h"
