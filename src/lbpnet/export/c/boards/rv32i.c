/* Start-up and counter of an RV32I hart under QEMU: minstret counts instructions. */
#include "board.h"
#include "semihosting.h"

extern uint32_t board_data_start[], board_data_end[], board_data_load[], board_bss_start[], board_bss_end[];

int main(void);
void board_start(void);
void board_reset(void);
void board_trap(void);

/* The three instructions that mark a semihosting call must not straddle a page: hence the alignment. */
__attribute__((naked, aligned(16))) uintptr_t semihosting_call(uintptr_t operation, uintptr_t argument) {
    (void)operation;
    (void)argument;
    __asm__ volatile("slli x0, x0, 0x1f\n\tebreak\n\tsrai x0, x0, 7\n\tret");
}

uint32_t board_ticks(void) {
    uint32_t count;
    __asm__ volatile("csrr %0, minstret" : "=r"(count));
    return count;
}

void board_start(void) {
    const uint32_t *from = board_data_load;
    volatile uint32_t *to;
    for (to = board_data_start; to < board_data_end; ++to) {
        *to = *from++;
    }
    for (to = board_bss_start; to < board_bss_end; ++to) {
        *to = 0;
    }
    (void)main();
    for (;;) {
    }
}

/* An illegal instruction, such as a multiplication, ends the run before its record is written. */
__attribute__((aligned(4))) void board_trap(void) {
    board_exit();
    for (;;) {
    }
}

__attribute__((naked, section(".vectors"), used)) void board_reset(void) {
    __asm__ volatile(
        "la sp, board_stack_high\n\t"
        "la t0, board_trap\n\t"
        "csrw mtvec, t0\n\t"
        "j board_start");
}
