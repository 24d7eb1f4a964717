/* Residual of a stage for AVX-512F. */
#define LBP_LANES 16
#define LBP_ISA avx512
#include "residual_kernel.h"
