/* Start-up and counter of a Cortex-M under QEMU: SysTick on the processor clock. ARMv6-M ARM, B1.5 and B3.3. */
#include "board.h"
#include "semihosting.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define SYSTICK_MASK 0x00FFFFFFu

extern uint32_t board_data_start[], board_data_end[], board_data_load[], board_bss_start[], board_bss_end[];

int main(void);
void board_reset(void);

__attribute__((naked)) uintptr_t semihosting_call(uintptr_t operation, uintptr_t argument) {
    (void)operation;
    (void)argument;
    __asm__ volatile("bkpt 0xab\n\tbx lr");
}

uint32_t board_ticks(void) { return SYSTICK_MASK - SYST_CVR; }

void board_reset(void) {
    const uint32_t *from = board_data_load;
    volatile uint32_t *to;
    for (to = board_data_start; to < board_data_end; ++to) {
        *to = *from++;
    }
    for (to = board_bss_start; to < board_bss_end; ++to) {
        *to = 0;
    }
    SYST_RVR = SYSTICK_MASK;
    SYST_CVR = 0;
    SYST_CSR = 5; /* enabled, processor clock, no interrupt */
    (void)main();
    for (;;) {
    }
}

static void fault(void) {
    board_exit();
    for (;;) {
    }
}

/* Initial stack pointer, reset, NMI and hard fault: what a program without interrupts needs. */
typedef void (*handler)(void);

__attribute__((section(".vectors"), used)) static const handler vectors[4] = {
    (handler)(uintptr_t)board_stack_high,
    board_reset,
    fault,
    fault,
};
