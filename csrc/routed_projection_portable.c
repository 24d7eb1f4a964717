/* Routed projection for plain C, one float at a time. */
#define LBP_LANES 1
#define LBP_ISA portable
#include "routed_projection_kernel.h"
