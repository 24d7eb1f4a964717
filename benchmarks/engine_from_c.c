/* Times the engine without Python: engine_from_c PLAN IMAGES ISA ROUNDS [count]
 *
 * PLAN is what `lbpnet.engine.plan_program(..).tofile` writes, IMAGES raw uint8. Prints the median and the fastest
 * round's nanoseconds an image, one image after the other, and a checksum of the scores. With `count` each image is
 * run once and nothing is timed: for instruction counts under callgrind. LBP_WITH_<ISA> says which were linked
 * (`tests/engine_harness.py` builds it).
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine_plan.h"

static void *read_file(const char *name, size_t *size) {
    FILE *file = fopen(name, "rb");
    if (!file || fseek(file, 0, SEEK_END)) {
        fprintf(stderr, "%s: cannot be read\n", name);
        exit(1);
    }
    *size = (size_t)ftell(file);
    rewind(file);
    void *data = malloc(*size);
    if (!data || fread(data, 1, *size, file) != *size) exit(1);
    fclose(file);
    return data;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static lbp_engine_run_fn *find(const char *isa) {
#if defined(LBP_WITH_PORTABLE)
    if (!strcmp(isa, "portable")) return lbp_engine_run_portable;
#endif
#if defined(LBP_WITH_AVX2)
    if (!strcmp(isa, "avx2")) return lbp_engine_run_avx2;
#endif
#if defined(LBP_WITH_AVX512)
    if (!strcmp(isa, "avx512")) return lbp_engine_run_avx512;
#endif
#if defined(LBP_WITH_NEON)
    if (!strcmp(isa, "neon")) return lbp_engine_run_neon;
#endif
    fprintf(stderr, "%s: not compiled in\n", isa);
    exit(1);
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: %s PLAN IMAGES ISA ROUNDS [count]\n", argv[0]);
        return 2;
    }
    size_t plan_size, image_size;
    int32_t *plan = read_file(argv[1], &plan_size);
    uint8_t *images = read_file(argv[2], &image_size);
    const char *reason;
    lbp_engine *engine = lbp_engine_load(plan, plan_size / 4, &reason);
    if (!engine) {
        fprintf(stderr, "%s: %s\n", argv[1], reason);
        return 1;
    }
    lbp_engine_run_fn *run = find(argv[3]);
    const size_t one = (size_t)engine->channels * (size_t)engine->height * (size_t)engine->width, count = image_size / one;
    const int rounds = atoi(argv[4]), counting = argc > 5;
    uint8_t *scratch = aligned_alloc(64, (engine->scratch_bytes + 63) / 64 * 64);
    /* Images as lanes: as many at once as a vector has bits. */
    const size_t step = engine->vector ? 8 * (size_t)engine->vector : 1;
    int32_t *scores = calloc(step * (size_t)engine->classes, sizeof *scores);
    double *times = calloc((size_t)rounds, sizeof *times);
    if (!scratch || !scores || !times || !count || rounds < 1) return 1;
    memset(scratch, 0, (engine->scratch_bytes + 63) / 64 * 64);
    uint32_t sum = 0;
    for (int r = counting ? rounds - 1 : 0; r < rounds; r++) {
        const double start = now();
        for (size_t i = 0; i < count; i += step) {
            run(engine, images + i * one, count - i < step ? count - i : step, scores, scratch);
            for (size_t c = 0; c < step * (size_t)engine->classes; c++) sum = sum * 31 + (uint32_t)scores[c];
        }
        times[r] = (now() - start) / (double)count;
    }
    qsort(times, (size_t)rounds, sizeof *times, by_value);
    printf("{\"isa\": \"%s\", \"images\": %zu, \"median_ns\": %.1f, \"fastest_ns\": %.1f, \"checksum\": %u}\n", argv[3], count,
           times[rounds / 2], times[0], sum);
    lbp_engine_free(engine);
    free(times), free(scores), free(scratch), free(images), free(plan);
    return 0;
}
