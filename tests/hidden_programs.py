"""Programs with hidden units, made from others."""

from __future__ import annotations

import numpy as np
from random_programs import Limits, Size, random_program

from lbpnet.errors import ProgramError
from lbpnet.program import AddWeights, Argmax, Program, Relu


def with_hidden(program: Program, classes: int = 4, layers: int = 1, seed: int = 0, largest: int = 7) -> Program:
    """Make the scores of a program hidden units of `layers` more layers."""
    draw, nodes = np.random.default_rng(seed), list(program.nodes[:-1])
    units = program.num_classes
    for layer in range(layers):
        outputs = classes if layer == layers - 1 else units
        weights = draw.integers(-largest, largest + 1, (outputs, units)).astype(np.int32)
        bias = draw.integers(-50, 50, outputs).astype(np.int32)
        nodes += [Relu(len(nodes) - 1), AddWeights(len(nodes), weights, bias)]
    return Program((*nodes, Argmax(len(nodes) - 1)))


def random_hidden(
    draw: np.random.Generator, seed: int, size: Size | None = None, limits: Limits | None = None, largest: int = 7
) -> Program | None:
    """Return a random program with one or two layers of hidden units, or none: a score would leave 32 bits."""
    try:
        program = random_program(draw, size or Size(), limits or Limits())
        return with_hidden(program, layers=1 + seed % 2, seed=seed, largest=largest)
    except ProgramError:
        return None


def fitting_hidden(draw: np.random.Generator, seed: int, size: Size | None = None, largest: int = 7) -> Program:
    """Return the first random program whose scores with hidden units fit 32 bits."""
    program = None
    while program is None:
        program = random_hidden(draw, seed, size, largest=largest)
    return program
