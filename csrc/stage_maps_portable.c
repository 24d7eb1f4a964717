/* Maps of a stage, by the compiler, for plain C. */
#define LBP_ISA portable
#include "stage_maps_kernel.h"
