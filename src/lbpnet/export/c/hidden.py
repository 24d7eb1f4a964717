"""What reads hidden units: its tables, and the calls that end an image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...program.netlist import Layer, Netlist
from .constants import numbers, table


def kept_units(netlist: Netlist) -> int:
    """Return how many hidden units an image keeps, of all layers."""
    return sum(layer.weights.shape[1] for layer in netlist.layers)


def plane_bits(weights: NDArray[np.int64]) -> int:
    """Return the bits of the two's complement that holds every weight."""
    return 1 + max(int(weights.max()), -1 - int(weights.min())).bit_length()


def pack_planes(weights: NDArray[np.int64]) -> bytes:
    """Return (outputs, units) weights as planes: see `runtime/lbp_hidden.h`."""
    planes = weights[:, None] >> np.arange(plane_bits(weights) - 1, -1, -1)[:, None] & 1
    return np.packbits(planes.astype(np.uint8), axis=2, bitorder="little").tobytes()


def layer_bytes(netlist: Netlist) -> int:
    """Return the bytes of the layers' tables."""
    return sum(len(pack_planes(layer.weights)) + 4 * len(layer.bias) for layer in netlist.layers)


def layer_tables(netlist: Netlist) -> str:
    """Return the definitions of the layers, nothing without hidden units."""
    if not netlist.layers:
        return ""
    texts, rows = [], []
    for index, layer in enumerate(netlist.layers):
        texts += _layer_tables(layer, index)
        outputs, units = layer.weights.shape
        rows.append(f"{{planes{index}, bias{index}, {units}, {outputs}, {plane_bits(layer.weights)}}}")
    return "\n".join([*texts, f"static const lbp_layer layers[] = {{{', '.join(rows)}}};", ""])


def _layer_tables(layer: Layer, index: int) -> list[str]:
    planes = map(str, pack_planes(layer.weights))
    return [
        table("uint8_t", f"planes{index}", planes, "Weights of hidden units, in planes."),
        table("int32_t", f"bias{index}", numbers(layer.bias.tolist()), "Bias of each output."),
    ]


def target(netlist: Netlist) -> str:
    """Return where the runtime's sums go: to hidden units where there are any."""
    return "scratch->units" if netlist.layers else "scores"


def ending(netlist: Netlist, call: str) -> str:
    """Return the statements that end an image by a call of the runtime, which returns the class of its sums."""
    if not netlist.layers:
        return f"return {call};"
    return f"(void){call};\n    return lbp_hidden_end(layers, {len(netlist.layers)}, scratch->units, scores);"
