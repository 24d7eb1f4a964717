/* The engine for AVX2. */
#define LBP_VB 32
#define LBP_ISA avx2
#include "engine_kernel.h"
