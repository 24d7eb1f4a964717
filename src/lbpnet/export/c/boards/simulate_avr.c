/* Runs a firmware for the ATmega328P under libsimavr: simulate_avr FIRMWARE.elf IMAGES RECORDS.
 *
 * The firmware talks through GPIOR0 to GPIOR2, as atmega328p.c says. Exits with 1 where it crashes or hangs.
 */
#include <simavr/avr_ioport.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_io.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Addresses in data space (ATmega328P data sheet, 36: register summary). */
#define GPIOR0 0x3E
#define GPIOR1 0x4A
#define GPIOR2 0x4B
#define CLOCK_HZ 16000000u
/* Longer than a minute of the chip's time without a record counts as hanging. */
#define MOST_CYCLES ((avr_cycle_count_t)60 * CLOCK_HZ)

typedef struct {
    FILE *images, *records;
    avr_cycle_count_t latched, last_record;
    int ended;
} board;

static uint8_t image_waits(avr_t *avr, avr_io_addr_t address, void *param) {
    board *b = param;
    int byte = getc(b->images);
    (void)avr;
    (void)address;
    if (byte == EOF) {
        return 0;
    }
    ungetc(byte, b->images);
    return 1;
}

static void latch(avr_t *avr, avr_io_addr_t address, uint8_t value, void *param) {
    board *b = param;
    (void)address;
    (void)value;
    b->latched = avr->cycle;
}

static uint8_t image_byte(avr_t *avr, avr_io_addr_t address, void *param) {
    board *b = param;
    (void)avr;
    (void)address;
    return (uint8_t)getc(b->images);
}

static void record_byte(avr_t *avr, avr_io_addr_t address, uint8_t value, void *param) {
    board *b = param;
    (void)address;
    b->last_record = avr->cycle;
    putc(value, b->records);
}

static uint8_t latched_byte(avr_t *avr, avr_io_addr_t address, void *param) {
    board *b = param;
    uint8_t byte = (uint8_t)b->latched;
    (void)avr;
    (void)address;
    b->latched >>= 8;
    return byte;
}

static void end(avr_t *avr, avr_io_addr_t address, uint8_t value, void *param) {
    board *b = param;
    (void)avr;
    (void)address;
    (void)value;
    b->ended = 1;
}

int main(int argc, char **argv) {
    static elf_firmware_t firmware;
    board b = {0};
    avr_t *avr;
    if (argc != 4 || elf_read_firmware(argv[1], &firmware) != 0) {
        fprintf(stderr, "usage: simulate_avr FIRMWARE.elf IMAGES RECORDS\n");
        return 2;
    }
    b.images = fopen(argv[2], "rb");
    b.records = fopen(argv[3], "wb");
    avr = avr_make_mcu_by_name("atmega328p");
    if (b.images == NULL || b.records == NULL || avr == NULL) {
        fprintf(stderr, "cannot open the images or the records, or this simavr has no ATmega328P\n");
        return 2;
    }
    avr_init(avr);
    firmware.frequency = CLOCK_HZ;
    avr_load_firmware(avr, &firmware);
    avr_register_io_read(avr, GPIOR0, image_waits, &b);
    avr_register_io_write(avr, GPIOR0, latch, &b);
    avr_register_io_read(avr, GPIOR1, image_byte, &b);
    avr_register_io_write(avr, GPIOR1, record_byte, &b);
    avr_register_io_read(avr, GPIOR2, latched_byte, &b);
    avr_register_io_write(avr, GPIOR2, end, &b);
    while (!b.ended) {
        int state = avr_run(avr);
        if (state == cpu_Done || state == cpu_Crashed || avr->cycle - b.last_record > MOST_CYCLES) {
            fprintf(stderr, "the firmware crashed or gave no record for a minute of its time\n");
            return 1;
        }
    }
    return fclose(b.records) == 0 ? 0 : 1;
}
