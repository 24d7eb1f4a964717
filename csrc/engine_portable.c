/* The engine in plain C on vectors of 16 bytes: what every compiler makes of them. */
#define LBP_VB 16
#define LBP_ISA portable
#include "engine_kernel.h"
