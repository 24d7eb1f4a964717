/* As much of Arduino's interface as the sketch uses, on the simulator's registers: see boards/atmega328p.c. */
#pragma once

#include <avr/io.h>
#include <stddef.h>
#include <stdint.h>

struct SerialPort {
    void begin(unsigned long) {}
    void setTimeout(unsigned long) {}
    size_t readBytes(char *bytes, size_t size) {
        for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(GPIOR1);
        return size;
    }
    void print(char c) { GPIOR1 = static_cast<uint8_t>(c); }
    void print(unsigned long value) {
        char digits[10];
        uint8_t count = 0;
        do digits[count++] = static_cast<char>('0' + value % 10);
        while (value /= 10);
        while (count) print(digits[--count]);
    }
    void print(long value) {
        if (value < 0) print('-');
        print(value < 0 ? 0ul - static_cast<unsigned long>(value) : static_cast<unsigned long>(value));
    }
    void print(int value) { print(static_cast<long>(value)); }
    void println() { print('\n'); }
};

static SerialPort Serial;

static unsigned long micros() {
    GPIOR0 = 1;
    uint32_t cycles = GPIOR2;
    cycles |= static_cast<uint32_t>(GPIOR2) << 8;
    cycles |= static_cast<uint32_t>(GPIOR2) << 16;
    cycles |= static_cast<uint32_t>(GPIOR2) << 24;
    return cycles / 16;
}

void setup();
void loop();

int main() {
    setup();
    while (GPIOR0) loop();
    GPIOR2 = 1;
}
