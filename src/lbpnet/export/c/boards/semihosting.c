/* A board's files through semihosting: images.bin in, records.bin out. */
#include "semihosting.h"

#include "board.h"

#define SYS_OPEN 0x01u
#define SYS_WRITE 0x05u
#define SYS_READ 0x06u
#define SYS_EXIT 0x18u
#define MODE_RB 1u
#define MODE_WB 5u
#define APPLICATION_EXIT 0x20026u

static uintptr_t images;
static uintptr_t records;

static uintptr_t open_file(const char *name, uintptr_t length, uintptr_t mode) {
    uintptr_t arguments[3];
    arguments[0] = (uintptr_t)name;
    arguments[1] = mode;
    arguments[2] = length;
    return semihosting_call(SYS_OPEN, (uintptr_t)arguments);
}

/* Returns the number of bytes that were not transferred. */
static uintptr_t transfer(uintptr_t operation, uintptr_t file, uintptr_t bytes, uintptr_t size) {
    uintptr_t arguments[3];
    arguments[0] = file;
    arguments[1] = bytes;
    arguments[2] = size;
    return semihosting_call(operation, (uintptr_t)arguments);
}

void board_open(void) {
    images = open_file("images.bin", 10, MODE_RB);
    records = open_file("records.bin", 11, MODE_WB);
}

int board_read(uint8_t *bytes, uint16_t size) { return transfer(SYS_READ, images, (uintptr_t)bytes, size) == 0; }

void board_write(const uint8_t *bytes, uint16_t size) { (void)transfer(SYS_WRITE, records, (uintptr_t)bytes, size); }

void board_exit(void) { (void)semihosting_call(SYS_EXIT, APPLICATION_EXIT); }
