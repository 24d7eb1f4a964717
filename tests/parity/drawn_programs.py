"""Seeds and sizes of random programs as Hypothesis draws them, so that a failure shrinks."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from random_programs import HEIGHTS, WIDTHS, Size

seeds = st.integers(0, 2**32 - 1)
sizes = st.builds(
    Size,
    channels=st.none() | st.integers(1, 4),
    height=st.none() | st.sampled_from(HEIGHTS),
    width=st.none() | st.sampled_from(WIDTHS),
    steps=st.none() | st.integers(0, 10),
)


def thorough(programs: int) -> settings:
    """Return the settings of a comparison over many programs: always the same ones, however long they take."""
    return settings(
        max_examples=programs,
        derandomize=True,
        deadline=None,
        suppress_health_check=(HealthCheck.too_slow,),
        database=None,
    )
