/* The WebAssembly module of a page: one image and its scores in static memory, and the calls that JavaScript makes.
 *
 * Compiled together with the exported C of a program, whose header, entry and sizes the command line names:
 * LBP_HEADER "NAME.h", LBP_PREDICT NAME_predict, LBP_IMAGE_BYTES, LBP_CLASSES.
 */

#include <stdint.h>

#include LBP_HEADER

#define EXPORT(name) __attribute__((export_name(#name)))

static uint8_t image[LBP_IMAGE_BYTES];
static int32_t scores[LBP_CLASSES];

/* Where the page writes the pixels: channel first, then row, then column. */
EXPORT(image) uint8_t *lbp_web_image(void) { return image; }

/* Where the page reads the scores, one int32 a class. */
EXPORT(scores) int32_t *lbp_web_scores(void) { return scores; }

/* Classifies the image; returns the class. */
EXPORT(predict) int32_t lbp_web_predict(void) { return LBP_PREDICT(image, scores); }

/* Classifies the image `times` times, at least once, so that a coarse clock measures it; returns the class. */
EXPORT(repeat) int32_t lbp_web_repeat(int32_t times) {
    int32_t found = LBP_PREDICT(image, scores);
    while (--times > 0)
        found = LBP_PREDICT(image, scores);
    return found;
}
