/* What the proof firmware asks of a board. Images come and scores go through the simulator. */
#ifndef LBP_BOARD_H
#define LBP_BOARD_H

#include <stdint.h>

/* Opens what images are read from and scores are written to. */
void board_open(void);

/* Reads the next `size` bytes; returns 0 where there are none left, otherwise 1. */
int board_read(uint8_t *bytes, uint16_t size);

/* Writes `size` bytes. */
void board_write(const uint8_t *bytes, uint16_t size);

/* Reads a counter that goes up; the board's table says what a step is worth, and it may wrap. */
uint32_t board_ticks(void);

/* Ends the simulation. */
void board_exit(void);

/* The bytes between static data and the end of RAM: the stack grows down through them. */
extern uint8_t board_stack_low[];
extern uint8_t board_stack_high[];

#endif
