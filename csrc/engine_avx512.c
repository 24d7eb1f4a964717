/* The engine for AVX-512 F, BW and VL. */
#define LBP_VB 64
#define LBP_ISA avx512
#include "engine_kernel.h"
