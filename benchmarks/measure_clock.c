/* Estimates the clock of a core: measure_clock ROUNDS prints the GHz of the fastest round.
 *
 * A chain of additions, each of which needs the one before: one a cycle on every CPU we know, so additions a
 * nanosecond are cycles a nanosecond. Counters of cycles are not to be had on many virtual machines.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* The compiler may not know what x is, so that it merges no two additions. */
#define ADD x += y; __asm__ volatile("" : "+r"(x));
#define ADD_8 ADD ADD ADD ADD ADD ADD ADD ADD
#define ADD_64 ADD_8 ADD_8 ADD_8 ADD_8 ADD_8 ADD_8 ADD_8 ADD_8

int main(int argc, char **argv) {
    enum { LOOPS = 100000 };
    const int rounds = argc > 1 ? atoi(argv[1]) : 20;
    uint64_t x = 1, y = (uint64_t)argc;
    double best = 0;
    for (int r = 0; r < rounds; r++) {
        const double start = now();
        for (int i = 0; i < LOOPS; i++) { ADD_64 }
        const double clock = 64.0 * LOOPS / (now() - start);
        if (clock > best) best = clock;
    }
    printf("%.3f\n", best);
    return x == 0;
}
