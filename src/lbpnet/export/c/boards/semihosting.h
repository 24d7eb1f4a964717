/* Semihosting: the simulator serves files of its working folder. ARM IHI 0100 "Semihosting for AArch32 and AArch64";
 * RISC-V uses the same calls behind another trap ("RISC-V Semihosting", 2024). */
#ifndef LBP_SEMIHOSTING_H
#define LBP_SEMIHOSTING_H

#include <stdint.h>

/* Traps to the simulator: `operation`, and the address of its arguments or a value. In the start-up code. */
uintptr_t semihosting_call(uintptr_t operation, uintptr_t argument);

#endif
