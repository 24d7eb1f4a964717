/* Maps of a stage, by the compiler, for NEON. */
#define LBP_ISA neon
#include "stage_maps_kernel.h"
