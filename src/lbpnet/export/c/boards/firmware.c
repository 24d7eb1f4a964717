/* Proof firmware: classifies image after image, and says of each what it cost.
 *
 * A record is: class, scores, ticks, bytes of stack so far; int32 or uint32 each, little-endian.
 * The build defines LBP_HEADER and LBP_NAME, and LBP_ROW_BY_ROW where RAM does not hold an image: then the bytes are
 * rows, each of all channels.
 */
#include LBP_HEADER

#include "board.h"

#define PASTE(a, b) a##b
#define NETWORK_(name, part) PASTE(name, part)
#define NETWORK(part) NETWORK_(LBP_NAME, part)

#define PAINT 0xA5u

static int32_t scores[NETWORK(_CLASSES)];

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

#ifdef LBP_ROW_BY_ROW

static uint8_t row[NETWORK(_CHANNELS) * NETWORK(_WIDTH)];
static NETWORK(_scratch) scratch;

/* Classifies the next image; `ticks` leaves out what reading a row takes. Returns -1 where there are no more images. */
static int classify(uint32_t *ticks) {
    uint32_t start = board_ticks();
    int class_index;
    uint16_t y;
    NETWORK(_begin)(&scratch, scores);
    *ticks = board_ticks() - start;
    for (y = 0; y < NETWORK(_HEIGHT); ++y) {
        if (!board_read(row, sizeof row)) {
            return -1;
        }
        start = board_ticks();
        NETWORK(_row)(&scratch, y, row, NETWORK(_WIDTH), scores);
        *ticks += board_ticks() - start;
    }
    start = board_ticks();
    class_index = NETWORK(_end)(&scratch, scores);
    *ticks += board_ticks() - start;
    return class_index;
}

#else

static uint8_t image[NETWORK(_CHANNELS) * NETWORK(_HEIGHT) * NETWORK(_WIDTH)];

static int classify(uint32_t *ticks) {
    uint32_t start;
    int class_index;
    if (!board_read(image, sizeof image)) {
        return -1;
    }
    start = board_ticks();
    class_index = NETWORK(_predict)(image, scores);
    *ticks = board_ticks() - start;
    return class_index;
}

#endif

int main(void) {
    uint32_t ticks;
    int class_index;
    paint_stack();
    board_open();
    while ((class_index = classify(&ticks)) >= 0) {
        uint8_t k;
        write_word((uint32_t)(int32_t)class_index);
        for (k = 0; k < NETWORK(_CLASSES); ++k) {
            write_word((uint32_t)scores[k]);
        }
        write_word(ticks);
        write_word(deepest_stack());
    }
    board_exit();
    return 0;
}
