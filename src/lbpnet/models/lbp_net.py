"""What the training loop, regularisers and evaluation need of a network, whatever its family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn

from ..config import ModelConfig
from ..layers import ForwardPath, StageOutput


class LbpNet(nn.Module, ABC):
    """A network of any family.

    Input: (B, C, H, W) uint8. Output: (B, classes); what it holds in eval mode is the family's own, `logits` makes
    logits of it.
    """

    config: ModelConfig
    extract: Callable[[Tensor], Tensor] | None = None
    """Gives what the head of a network of routed stages reads, (B, F), of images: set while the stages' parameters
    stand still, instead of running them."""

    def forward(self, images: Tensor) -> Tensor:
        """Classify; shapes in the class docstring."""
        return self.forward_with_stages(images)[0]

    @property
    @abstractmethod
    def gated_stages(self) -> int:
        """Stages whose outputs tell how many of their gates are open."""

    @abstractmethod
    def forward_with_stages(self, images: Tensor) -> tuple[Tensor, list[StageOutput]]:
        """Classify and return what every gated stage put out, for regularisers and statistics."""

    @abstractmethod
    def logits(self, output: Tensor) -> Tensor:
        """Return the logits of an output in eval mode; they order the classes as the output does."""

    @abstractmethod
    def offsets(self) -> list[Tensor]:
        """Return the sampling offsets of each stage, (..., 2) in pixels, with gradient."""

    @abstractmethod
    def alphas(self) -> list[float]:
        """Return the comparison temperature of each stage, where it has one."""

    @abstractmethod
    def set_path(self, path: ForwardPath) -> None:
        """Choose the forward pass of every stage."""

    @abstractmethod
    def set_temperatures(self, alpha: float, tau: float) -> None:
        """Set the scheduled temperatures of every stage."""
