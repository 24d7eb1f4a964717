/* From the sums of hidden units to the scores: W . max(0, sums) + bias, layer by layer; included by engine_kernel.h.
 *
 * Sums wrap nowhere: programs whose sums leave 32 bits are refused; arithmetic without sign spares forged plans the fault.
 */
#ifndef LBP_ENGINE_LAYERS_H
#define LBP_ENGINE_LAYERS_H

/* LBP_LAYER_STEP outputs of a layer from `first` on: those of most heads in one go. */
LBP_INLINE void add_layer(const lbp_layer *layer, const int32_t *sums, int32_t first, int32_t *out) {
    enum { VECTORS = LBP_LAYER_STEP * 4 / LBP_VB };
    v32 total[VECTORS], weight[VECTORS];
    memcpy(total, layer->bias + first, sizeof total);
    const int32_t *weights = layer->weights + first;
    for (int32_t i = 0; i < layer->inputs; i++, weights += layer->padded) {
        const uint32_t value = sums[i] > 0 ? (uint32_t)sums[i] : 0;
        memcpy(weight, weights, sizeof weight);
        for (int v = 0; v < VECTORS; v++) total[v] += weight[v] * value;
    }
    memcpy(out + first, total, sizeof total);
}

static void add_layers(const lbp_engine *e, const int32_t *sums, int32_t *scores, uint8_t *scratch) {
    for (int32_t k = 0; k < e->layer_count; k++) {
        const lbp_layer *layer = &e->layers[k];
        int32_t *out = (int32_t *)(scratch + e->layer_offset + (size_t)(k % 2) * e->layer_bytes);
        for (int32_t o = 0; o < layer->padded; o += LBP_LAYER_STEP) add_layer(layer, sums, o, out);
        sums = out;
    }
    memcpy(scores, sums, (size_t)e->classes * sizeof *scores);
}

#endif
