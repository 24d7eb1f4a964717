"""The comparison that decides whether an export is its program."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import VerificationError


def require_equal_scores(
    backend: str, expected: NDArray[np.integer], scores: NDArray[np.integer], classes: NDArray[np.integer]
) -> None:
    """Check that scores and classes of every image are the reference's, by `==`.

    Args:
        backend: what computed them, for the message.
        expected: (B, classes), of the reference.
        scores: (B, classes).
        classes: (B,), index of the largest score, the lowest among equals.

    Raises:
        VerificationError: names the first image that differs, or a shape that does.
    """
    if scores.shape != expected.shape or classes.shape != expected.shape[:1]:
        raise VerificationError(
            f"{backend}: expected scores {expected.shape} and classes {expected.shape[:1]}, got {scores.shape} and "
            f"{classes.shape}"
        )
    different = np.argwhere(scores != expected)
    if len(different):
        image, index = different[0].tolist()
        raise VerificationError(
            f"{backend}: image {image}, class {index}: expected the score {expected[image, index]}, got "
            f"{scores[image, index]}; {len(np.unique(different[:, 0])):,} of {len(expected):,} images differ"
        )
    winners = expected.argmax(1)
    wrong = np.flatnonzero(winners != classes)
    if len(wrong):
        raise VerificationError(
            f"{backend}: image {wrong[0]}: expected class {winners[wrong[0]]}, got {classes[wrong[0]]}; its scores "
            f"are equal; {len(wrong):,} of {len(expected):,} images differ"
        )
