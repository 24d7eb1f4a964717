"""The networks that benchmarks train, each as one function that makes a step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from unittest import mock

import torch
from torch import Tensor, nn

from lbpnet import PRESETS
from lbpnet.layers import ForwardPath, RoutedLbp, SharedLbp
from lbpnet.models import build_model
from lbpnet.training.parameter_groups import build_optimizer, parameter_groups
from lbpnet.training.penalties import penalties

Step = Callable[[Tensor, Tensor], Tensor]
POOL = 4


class PooledLinearNet(nn.Module):
    """The paper's 39-40-80 stages (n = 4, 5x5, full resolution), a 4x4 average-pooled grid, a linear head."""

    def __init__(self, kernels: tuple[int, ...] = (39, 40, 80), *, generator: torch.Generator) -> None:
        super().__init__()
        self.features = RoutedLbp(1, kernels, generator=generator)
        self.head = nn.Linear(self.features.out_channels * POOL * POOL, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Classify (B, 1, H, W) uint8 images."""
        maps = self.features(images.float() / 255)
        return self.head(pool_grid(maps, POOL).flatten(1))


def pool_grid(maps: Tensor, cells: int) -> Tensor:
    """Average H x W maps over cells x cells equal windows, as one matrix product with a fixed 0/1 matrix."""
    height, width = maps.shape[2:]
    rows, columns = torch.arange(height) * cells // height, torch.arange(width) * cells // width
    index = (rows[:, None] * cells + columns).flatten()
    matrix = nn.functional.one_hot(index, cells * cells).float()
    return maps.flatten(2) @ (matrix / matrix.sum(0))


def routed_step(*, learning_rate: float = 3e-3, seed: int = 0) -> Step:
    """Return a training step of `PooledLinearNet`."""
    model = PooledLinearNet(generator=torch.Generator().manual_seed(seed))
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, foreach=True)

    def step(images: Tensor, labels: Tensor) -> Tensor:
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def seed_step(preset: str = "paper_mnist_rp_full60k") -> Step:
    """Return a training step of a seed preset in its soft phase, with regularisers and clipping."""
    config = PRESETS[preset]
    model = build_model(config)
    model.train()
    model.set_path(ForwardPath(hard_bits=True, hard_gates=True))
    optimizer = build_optimizer(parameter_groups(model, config), config)

    def step(images: Tensor, labels: Tensor) -> Tensor:
        logits, outputs = model.forward_with_stages(images)
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=0.1)
        loss = loss + sum(penalties(outputs, model.residual_stages(), config).values())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.detach()

    return step


def grid_sample_forward(layer: SharedLbp, x: Tensor) -> Tensor:
    """Formulate the seed's comparison as the seed's project did: P*N grid-sampled copies of every map."""
    batch, _, height, width = x.shape
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    bits = []
    for dy, dx in layer.offsets().flatten(0, 2):
        # align_corners: -1 and 1 are the centres of the outermost pixels.
        grid_y = (rows + dy) * (2 / max(height - 1, 1)) - 1
        grid_x = (columns + dx) * (2 / max(width - 1, 1)) - 1
        grid = torch.stack([grid_x, grid_y], -1).expand(batch, -1, -1, -1)
        sample = nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=True)
        bits.append(torch.sigmoid((sample - x) / layer.alpha()))
    return torch.stack(bits, 1).mean(2)


def grid_sample_comparison() -> AbstractContextManager[object]:
    """Return a context in which every shared-pattern layer compares by `grid_sample_forward`."""
    return mock.patch.object(SharedLbp, "forward", grid_sample_forward)


def as_it_is() -> AbstractContextManager[object]:
    """Return a context that changes nothing."""
    return nullcontext()
