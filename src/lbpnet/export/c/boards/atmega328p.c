/* Files and counter of an ATmega328P under simavr: `simulate_avr` listens to three general purpose registers.
 *
 * GPIOR0, read: 1 where another image waits. Written: latch the cycle counter.
 * GPIOR1, read: the next byte of the image. Written: the next byte of a record.
 * GPIOR2, read: the next byte of the latched counter, lowest first. Written: end.
 */
#include <avr/io.h>

#include "board.h"

void board_open(void) {}

int board_read(uint8_t *bytes, uint16_t size) {
    uint16_t i;
    if (GPIOR0 == 0) {
        return 0;
    }
    for (i = 0; i < size; ++i) {
        bytes[i] = GPIOR1;
    }
    return 1;
}

void board_write(const uint8_t *bytes, uint16_t size) {
    uint16_t i;
    for (i = 0; i < size; ++i) {
        GPIOR1 = bytes[i];
    }
}

uint32_t board_ticks(void) {
    uint32_t count;
    GPIOR0 = 1;
    count = GPIOR2;
    count |= (uint32_t)GPIOR2 << 8;
    count |= (uint32_t)GPIOR2 << 16;
    return count | (uint32_t)GPIOR2 << 24;
}

void board_exit(void) { GPIOR2 = 1; }
