"""Random distortion of whole batches of images.

A distortion is drawn and applied in two steps: with several processes every one draws for the whole
batch and applies its own rows, so the result does not depend on how many there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lbpnet.config.data import AugmentConfig
from lbpnet.errors import ConfigError


@dataclass(frozen=True)
class Distortion:
    """What to do to each image of a batch; None where that part is off.

    shift: int64, B x 2 (down, right), pixels. inverse: float32, B x 2 x 2, maps an output pixel's
    offset from the centre (x, y) to the input's. displacement: float32, B x H x W x 2 (x, y),
    pixels, added to where a pixel is read.
    """

    shift: Tensor
    inverse: Tensor | None
    displacement: Tensor | None

    def rows(self, start: int, stop: int) -> Distortion:
        """Keep the distortions of the images start..stop-1."""
        return Distortion(
            self.shift[start:stop],
            None if self.inverse is None else self.inverse[start:stop],
            None if self.displacement is None else self.displacement[start:stop],
        )


def augment(images: Tensor, config: AugmentConfig, generator: torch.Generator) -> Tensor:
    """Distort each image of a batch (uint8, B x C x H x W; so is the result) by its own draw.

    Everything random comes from `generator` (on the CPU). With everything off, the batch itself is
    returned and nothing is drawn. Whole-pixel shifts alone move pixels exactly, filling with zero;
    all else resamples once, bilinearly, reading zero outside. Raises ConfigError naming the field.
    """
    if not is_active(config):
        return images
    count, _, rows, columns = images.shape
    return distort(images, draw_distortion(config, (count, rows, columns), generator))


def is_active(config: AugmentConfig) -> bool:
    """Tell whether `config` changes anything; ConfigError naming the field that is out of range."""
    limits = (
        ("shift", config.shift, math.inf),
        ("rotation", config.rotation, 180.0),
        ("scale", config.scale, 0.99),
        ("shear", config.shear, 80.0),
        ("elastic_alpha", config.elastic_alpha, math.inf),
    )
    for name, value, largest in limits:
        if not 0 <= value <= largest:
            raise ConfigError(f"data.augment.{name}: expected 0..{largest}, got {value}")
    if not config.elastic_sigma > 0:
        raise ConfigError(f"data.augment.elastic_sigma: expected more than 0, got {config.elastic_sigma}")
    return any(value > 0 for _, value, _ in limits)


def draw_distortion(config: AugmentConfig, shape: tuple[int, int, int], generator: torch.Generator) -> Distortion:
    """Draw distortions for a batch of `shape` (images, rows, columns) from `generator`."""
    count, rows, columns = shape
    shift = torch.randint(-config.shift, config.shift + 1, (count, 2), generator=generator)
    inverse = None
    if config.rotation > 0 or config.scale > 0 or config.shear > 0:
        inverse = _draw_inverse(config, count, generator)
    displacement = None
    if config.elastic_alpha > 0:
        displacement = _draw_displacement(config, (count, rows, columns), generator)
    return Distortion(shift, inverse, displacement)


def distort(images: Tensor, distortion: Distortion) -> Tensor:
    """Apply a distortion to a batch (uint8, B x C x H x W; so is the result)."""
    if distortion.inverse is None and distortion.displacement is None:
        return _shift(images, distortion.shift)
    count, _, rows, columns = images.shape
    # Offsets of the output pixels from the centre, in pixels: x grows right, y down.
    y = torch.arange(rows, dtype=torch.float32) - (rows - 1) / 2
    x = torch.arange(columns, dtype=torch.float32) - (columns - 1) / 2
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    points = grid - distortion.shift.flip(1).to(torch.float32)[:, None, None, :]
    if distortion.inverse is not None:
        points = torch.einsum("bhwj,bij->bhwi", points, distortion.inverse)
    if distortion.displacement is not None:
        points = points + distortion.displacement
    # grid_sample wants -1..1 across the outer edges of the image, half a pixel beyond the centres.
    points = points * torch.tensor([2 / columns, 2 / rows])
    sampled = functional.grid_sample(
        images.to(torch.float32), points, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return sampled.round_().clamp_(0, 255).to(torch.uint8).reshape(count, -1, rows, columns)


def _shift(images: Tensor, shift: Tensor) -> Tensor:
    """Move each image by its whole pixels: output (y, x) is input (y - down, x - right), or 0."""
    count, channels, rows, columns = images.shape
    y = torch.arange(rows) - shift[:, :1]
    x = torch.arange(columns) - shift[:, 1:]
    inside = ((y >= 0) & (y < rows))[:, None, :, None] & ((x >= 0) & (x < columns))[:, None, None]
    from_rows = y.clamp(0, rows - 1)[:, None, :, None].expand(count, channels, rows, columns)
    from_columns = x.clamp(0, columns - 1)[:, None, None].expand(count, channels, rows, columns)
    return images.gather(2, from_rows).gather(3, from_columns) * inside


def _draw_inverse(config: AugmentConfig, count: int, generator: torch.Generator) -> Tensor:
    draws = torch.rand(3, count, generator=generator) * 2 - 1
    angle = draws[0] * math.radians(config.rotation)
    zoom = 1 + draws[1] * config.scale
    slant = torch.tan(draws[2] * math.radians(config.shear))
    cosine, sine = torch.cos(angle), torch.sin(angle)
    # The image is scaled, slanted (x += slant * y), then turned; a pixel is read through the
    # inverse of that, written out: scale^-1 * slant^-1 * turn^-1.
    first = torch.stack((cosine + slant * sine, sine - slant * cosine), dim=-1)
    second = torch.stack((-sine, cosine), dim=-1)
    return torch.stack((first, second), dim=1) / zoom[:, None, None]


def _draw_displacement(config: AugmentConfig, shape: tuple[int, int, int], generator: torch.Generator) -> Tensor:
    """Smooth white noise with a Gaussian and scale it so that its standard deviation is alpha."""
    count, rows, columns = shape
    radius = max(1, math.ceil(3 * config.elastic_sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (offsets / config.elastic_sigma) ** 2)
    # Unit energy along each axis keeps the variance of the noise at exactly one.
    kernel = kernel / kernel.square().sum().sqrt()
    # Drawing a margin too makes the field equally strong at the edges.
    noise = torch.randn(2 * count, 1, rows + 2 * radius, columns + 2 * radius, generator=generator)
    smooth = functional.conv2d(noise, kernel.reshape(1, 1, -1, 1))
    smooth = functional.conv2d(smooth, kernel.reshape(1, 1, 1, -1))
    return (smooth * config.elastic_alpha).reshape(count, 2, rows, columns).permute(0, 2, 3, 1)
