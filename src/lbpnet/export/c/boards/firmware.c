/* Proof firmware: classifies image after image, and says of each what it cost.
 *
 * A record is: class, scores, ticks, bytes of stack so far; int32 or uint32 each, little-endian.
 * The build defines LBP_HEADER, LBP_PREDICT, LBP_IMAGE_BYTES and LBP_CLASSES.
 */
#include LBP_HEADER

#include "board.h"

#define PAINT 0xA5u

static uint8_t image[LBP_IMAGE_BYTES];
static int32_t scores[LBP_CLASSES];

/* Fills the stack below this function, so that it shows how deep later calls went. */
static void paint_stack(void) {
    volatile uint8_t here = 0;
    uintptr_t end = (uintptr_t)&here - 8; /* the compiler may keep something right below */
    volatile uint8_t *byte;
    for (byte = board_stack_low; (uintptr_t)byte < end; ++byte) {
        *byte = PAINT;
    }
}

/* Returns the bytes of stack that were ever used, from the end of RAM down. */
static uint32_t deepest_stack(void) {
    const volatile uint8_t *byte = board_stack_low;
    while (byte < board_stack_high && *byte == PAINT) {
        ++byte;
    }
    return (uint32_t)(board_stack_high - byte);
}

static void write_word(uint32_t word) {
    uint8_t bytes[4];
    bytes[0] = (uint8_t)word;
    bytes[1] = (uint8_t)(word >> 8);
    bytes[2] = (uint8_t)(word >> 16);
    bytes[3] = (uint8_t)(word >> 24);
    board_write(bytes, 4);
}

int main(void) {
    paint_stack();
    board_open();
    while (board_read(image, LBP_IMAGE_BYTES)) {
        uint32_t start = board_ticks();
        int class_index = LBP_PREDICT(image, scores);
        uint32_t end = board_ticks();
        uint8_t k;
        write_word((uint32_t)(int32_t)class_index);
        for (k = 0; k < LBP_CLASSES; ++k) {
            write_word((uint32_t)scores[k]);
        }
        write_word(end - start);
        write_word(deepest_stack());
    }
    board_exit();
    return 0;
}
