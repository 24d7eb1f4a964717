/* Maps of a stage, by the compiler, for AVX2. */
#define LBP_ISA avx2
#include "stage_maps_kernel.h"
