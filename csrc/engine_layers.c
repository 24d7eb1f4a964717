/* Reads the layers behind hidden units. */
#include "engine_plan.h"

#include <stdlib.h>
#include <string.h>

static int within(int32_t value, int32_t low, int32_t high) { return low <= value && value <= high; }

/* One layer of `inputs`, at `*at`; moves that past it. */
static const char *read_layer(lbp_layer *layer, int32_t inputs, const int32_t **at, const int32_t *end) {
    if (end - *at < 1 || !within(**at, 1, LBP_MAX_UNITS)) return "outputs of a layer";
    const int32_t outputs = *(*at)++, padded = (outputs + LBP_LAYER_STEP - 1) / LBP_LAYER_STEP * LBP_LAYER_STEP;
    const size_t count = (size_t)inputs * (size_t)outputs;
    if ((size_t)(end - *at) < count + (size_t)outputs) return "weights of a layer";
    layer->inputs = inputs, layer->outputs = outputs, layer->padded = padded;
    layer->weights = calloc((size_t)inputs + 1, (size_t)padded * sizeof *layer->weights);
    if (!layer->weights) return "memory";
    layer->bias = layer->weights + (size_t)inputs * (size_t)padded;
    for (int32_t o = 0; o < outputs; o++)
        for (int32_t i = 0; i < inputs; i++) layer->weights[(size_t)i * (size_t)padded + (size_t)o] = *(*at)++;
    memcpy(layer->bias, *at, (size_t)outputs * sizeof *layer->bias);
    *at += outputs;
    return NULL;
}

const char *lbp_plan_layers(lbp_engine *engine, const int32_t *at, const int32_t *end) {
    const size_t images = engine->vector ? 8 * (size_t)engine->vector : engine->beside ? (size_t)engine->beside : 1;
    int32_t inputs = engine->sums, widest = 0;
    for (int i = 0; i < engine->layer_count; i++) {
        const char *reason = read_layer(&engine->layers[i], inputs, &at, end);
        if (reason) return reason;
        inputs = engine->layers[i].outputs;
        if (engine->layers[i].padded > widest) widest = engine->layers[i].padded;
    }
    if (at != end) return "words after the weights";
    if (inputs < 2) return "number of classes";
    engine->classes = inputs;
    if (!engine->layer_count) return NULL;
    engine->images = (int32_t)images;
    engine->sum_offset = (engine->scratch_bytes + LBP_VECTOR_MAX - 1) / LBP_VECTOR_MAX * LBP_VECTOR_MAX;
    engine->layer_offset = engine->sum_offset + (images * (size_t)engine->sums * sizeof(int32_t) + LBP_VECTOR_MAX - 1) /
                                                    LBP_VECTOR_MAX * LBP_VECTOR_MAX;
    engine->layer_bytes = (size_t)widest * sizeof(int32_t);
    engine->scratch_bytes = engine->layer_offset + 2 * engine->layer_bytes;
    return NULL;
}
