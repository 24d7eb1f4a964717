"""Who reads a channel: routes turned around, so that a gradient is gathered and not scattered."""

from __future__ import annotations

import torch
from torch import Tensor


def readers_of(route: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """Sort the entries of `route` by the channel that they name.

    Args:
        route: int32, any shape; its entries are numbered row by row.
        channels: how many there are.

    Returns:
        Entries that name channel 0, then channel 1, ..., int32; and (channels + 1,) int32: where each begins.
    """
    named, entries = route.flatten().sort(stable=True)
    starts = torch.searchsorted(named, torch.arange(channels + 1, device=route.device, dtype=named.dtype))
    return entries.to(torch.int32), starts.to(torch.int32)
