/* The engine for NEON. */
#define LBP_VB 16
#define LBP_ISA neon
#include "engine_kernel.h"
