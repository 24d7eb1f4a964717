/* Hidden units: layers of weights that read max(0, sum) of the sums before them.
 *
 * Weights of a layer: for each output, the planes of its weights' two's complement, highest first; a plane is a bit for
 * each unit, unit 0 in the lowest bit of its first byte. Planes are added with a doubling between them; the highest
 * counts below zero.
 */
#ifndef LBP_HIDDEN_H
#define LBP_HIDDEN_H

#include "lbp_head.h"

/* The units that one plane names, added up; modulo 2^32, as scores are that fit 32 bits. */
static uint32_t lbp_plane_sum(const uint8_t *plane, const int32_t *units, const int32_t *end) {
    uint32_t sum = 0;
    uint8_t bits = 0, left = 0;
    for (; units != end; units++, left--) {
        if (left == 0) {
            bits = LBP_READ8(plane);
            plane++, left = 8;
        }
        uint8_t named = (uint8_t)(bits & 1);
        LBP_HIDE(named); /* of what is seen to be 0 or 1 compilers make a product */
        if (named) sum += (uint32_t)*units;
        bits = (uint8_t)(bits >> 1);
    }
    return sum;
}

/* One layer; units below zero become zero. */
static void lbp_add_layer(const lbp_layer *layer, int32_t *units, int32_t *outputs) {
    int32_t *const end = units + layer->units;
    const uint8_t *plane = layer->planes;
    const int32_t *bias = layer->bias;
    const uint16_t bytes = (uint16_t)((layer->units + 7u) >> 3);
    for (int32_t *unit = units; unit != end; unit++)
        if (*unit < 0) *unit = 0;
    for (uint16_t i = layer->outputs; i > 0; i--, outputs++, bias++) {
        uint32_t sum = 0u - lbp_plane_sum(plane, units, end);
        plane += bytes;
        for (uint8_t left = (uint8_t)(layer->bits - 1u); left > 0; left--) {
            LBP_HIDE(sum);
            sum += sum + lbp_plane_sum(plane, units, end);
            plane += bytes;
            LBP_HIDE(plane);
        }
        *outputs = (int32_t)(sum + (uint32_t)LBP_READ32(bias));
    }
}

int lbp_hidden_end(const lbp_layer *layer, uint16_t layers, int32_t *units, int32_t *scores) {
    for (; layers > 1; layers--, layer++) {
        int32_t *const next = units + layer->units;
        lbp_add_layer(layer, units, next);
        units = next;
    }
    lbp_add_layer(layer, units, scores);
    return lbp_argmax(scores, layer->outputs);
}

#endif
