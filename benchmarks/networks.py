"""The networks that benchmarks train, each as one function that makes a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from unittest import mock

import torch
from torch import Tensor, nn

from lbpnet import PRESETS
from lbpnet.layers import ResidualStage, RoutedLbp, SharedLbp
from lbpnet.lowering import native_features
from lbpnet.models import RoutedLbpNet, build_residual, build_routed
from lbpnet.ops import step as step_function
from lbpnet.ops import sum_grid
from lbpnet.training.parameter_groups import build_optimizer, parameter_groups
from lbpnet.training.penalties import penalties
from lbpnet.training.schedule import Schedule

Step = Callable[[Tensor, Tensor], Tensor]
POOL = 4


class PooledLinearNet(nn.Module):
    """The paper's 39-40-80 stages (n = 4, 5x5, full resolution), a 4x4 average-pooled grid, a linear head.

    Pooled maps are normalised before the head, into which that folds after training.
    """

    def __init__(self, kernels: tuple[int, ...] = (39, 40, 80), *, generator: torch.Generator) -> None:
        super().__init__()
        self.features = RoutedLbp(1, kernels, generator=generator)
        features = self.features.out_channels * POOL * POOL
        self.norm = nn.BatchNorm1d(features)
        self.head = nn.Linear(features, 10)
        bound = features**-0.5
        for tensor in (self.head.weight, self.head.bias):
            nn.init.uniform_(tensor, -bound, bound, generator=generator)

    def forward(self, images: Tensor) -> Tensor:
        """Classify (B, 1, H, W) uint8 images."""
        maps = self.features(images.float() / 255)
        return self.head(self.norm(sum_grid(maps, POOL).flatten(1)))


def routed_optimizer(model: PooledLinearNet, learning_rate: float = 3e-3) -> torch.optim.Optimizer:
    """Return AdamW; positions, in pixels, move at a third of the rate and do not decay."""
    head = [*model.norm.parameters(), *model.head.parameters()]
    positions = {"params": list(model.features.parameters()), "lr": learning_rate / 3, "weight_decay": 0.0}
    return torch.optim.AdamW([{"params": head}, positions], lr=learning_rate, weight_decay=1e-4, foreach=True)


def routed_step(*, seed: int = 0) -> Step:
    """Return a training step of `PooledLinearNet`."""
    model = PooledLinearNet(generator=torch.Generator().manual_seed(seed))
    optimizer = routed_optimizer(model)

    def step(images: Tensor, labels: Tensor) -> Tensor:
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def hidden_net(seed: int, image_size: tuple[int, ...]) -> RoutedLbpNet:
    """Return preset `routed_mnist_hidden` with weights of a seed; the engine runs its stages, which stand still."""
    model = build_routed(replace(PRESETS["routed_mnist_hidden"], seed=seed))
    model.extract = native_features(model, image_size)
    return model


def seed_step(preset: str = "paper_mnist_rp_full60k") -> Step:
    """Return a training step of a seed preset on the path of its first epoch, with regularisers and clipping."""
    config = PRESETS[preset]
    model = build_residual(config)
    model.train()
    model.set_path(Schedule.of(config).path(0))
    optimizer = build_optimizer(parameter_groups(model, config), config)

    def step(images: Tensor, labels: Tensor) -> Tensor:
        logits, outputs = model.forward_with_stages(images)
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=0.1)
        loss = loss + sum(penalties(outputs, model.offsets(), config).values())
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
        bits.append(step_function(sample - x, layer.alpha(), strict=True, hard=layer.hard))
    return torch.stack(bits, 1).mean(2)


@contextmanager
def grid_sample_comparison() -> Iterator[None]:
    """Return a context in which shared-pattern layers compare by `grid_sample_forward` in stages of torch modules."""
    with (
        mock.patch.object(SharedLbp, "forward", grid_sample_forward),
        mock.patch.object(ResidualStage, "forward", ResidualStage.forward_composed),
    ):
        yield


def as_it_is() -> AbstractContextManager[object]:
    """Return a context that changes nothing."""
    return nullcontext()
