/* Classifies images from standard input: raw uint8, channels x height x width each, one after the other.
 * Prints a line an image: the class, a tab, the scores. */
#include <inttypes.h>
#include <stdio.h>

#include "NETWORK.h"

static uint8_t image[NETWORK_PIXELS];
static int32_t scores[NETWORK_CLASSES];

int main(void) {
    size_t got;
    while ((got = fread(image, 1, sizeof image, stdin)) == sizeof image) {
        const int winner = NETWORK_predict(image, scores);
        printf("%d\t", winner);
        for (int i = 0; i < NETWORK_CLASSES; i++) printf("%" PRId32 "%c", scores[i], i + 1 < NETWORK_CLASSES ? ' ' : '\n');
    }
    if (got == 0) return 0;
    fprintf(stderr, "the last image has %lu bytes of %lu\n", (unsigned long)got, (unsigned long)sizeof image);
    return 1;
}
