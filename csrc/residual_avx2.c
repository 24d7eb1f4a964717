/* Residual of a stage for AVX2. */
#define LBP_LANES 8
#define LBP_ISA avx2
#include "residual_kernel.h"
