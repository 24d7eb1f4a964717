/* Maps of a stage, by the compiler, for AVX-512F. */
#define LBP_ISA avx512
#include "stage_maps_kernel.h"
