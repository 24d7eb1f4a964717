"""Feeding a training or evaluation loop with batches, ahead of time and always the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lbpnet.config.data import AugmentConfig
from lbpnet.data.augment import distort, draw_distortion, is_active
from lbpnet.data.dataset import ImageSet
from lbpnet.data.order import stable_permutation, stable_seed
from lbpnet.errors import ConfigError

ORDER = 10
AUGMENT = 11
AHEAD_PER_WORKER = 2

Batch = tuple[Tensor, Tensor]


class BatchLoader:
    """Batches of an image set, epoch by epoch; any step can be made on its own.

    batch_size: images a step over all processes; rank r of world_size gets the r-th contiguous part
    of each. shuffle: a new order every epoch, from (seed, epoch); the distortion of a step comes
    from (seed, epoch, step). Neither depends on num_workers, world_size or where the loop started.
    Every image appears once an epoch; the last batch is short, but where shuffle is on and it would
    leave a process fewer than two images (batch normalisation needs two), it joins the one before.
    num_workers: threads that prepare batches ahead; 0 prepares them in the step. pin_memory has an
    effect only where CUDA is available. Raises ConfigError naming the field.
    """

    def __init__(
        self,
        images: ImageSet,
        *,
        batch_size: int,
        seed: int,
        augment: AugmentConfig | None,
        num_workers: int,
        pin_memory: bool,
        shuffle: bool,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        if not 0 <= rank < world_size:
            raise ConfigError(f"rank: expected 0..{world_size - 1}, got {rank}")
        if num_workers < 0:
            raise ConfigError(f"data.num_workers: expected 0 or more, got {num_workers}")
        if seed < 0:
            raise ConfigError(f"seed: expected 0 or more, got {seed}")
        fewest = 2 * world_size if shuffle else 1
        if batch_size < fewest:
            raise ConfigError(
                f"batch_size: expected at least {fewest} (in training, two images for each of "
                f"{world_size} processes), got {batch_size}; raise it"
            )
        if len(images) < fewest:
            raise ConfigError(
                f"data: expected at least {fewest} training images, two for each of {world_size} "
                f"processes, got {len(images)}; use more images or fewer processes"
            )
        self._images = images
        self._seed = seed
        self._augment = augment if augment is not None and is_active(augment) else None
        self._num_workers = num_workers
        self._pin_memory = pin_memory and torch.cuda.is_available()
        self._shuffle = shuffle
        self._rank = rank
        self._world_size = world_size
        starts = list(range(0, len(images), batch_size))
        if len(starts) > 1 and len(images) - starts[-1] < fewest:
            starts.pop()
        self._bounds = [*starts, len(images)]

    @property
    def image_size(self) -> tuple[int, int]:
        """Rows and columns of the images."""
        return self._images.shape[1], self._images.shape[2]

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches of an epoch, the same for every rank."""
        return len(self._bounds) - 1

    def batches(self, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        """Give the batches of an epoch from `start_step` on.

        Images are uint8, B x C x H x W; labels int64, B. With shuffle off and more processes than images in the
        last batch, a rank's part of it can be empty. Raises ConfigError for a negative epoch or a step beyond
        the epoch's end.
        """
        if epoch < 0 or not 0 <= start_step <= self.steps_per_epoch:
            raise ConfigError(
                f"expected epoch 0 or more and a first step in 0..{self.steps_per_epoch}, got "
                f"epoch {epoch}, step {start_step}; does the checkpoint belong to this batch size?"
            )
        steps = range(start_step, self.steps_per_epoch)
        order = self._order(epoch)
        if self._num_workers == 0:
            return (self._make(epoch, step, order) for step in steps)
        return self._prefetch(epoch, steps, order)

    def _order(self, epoch: int) -> NDArray[np.int64]:
        if self._shuffle:
            return stable_permutation(len(self._images), ORDER, self._seed, epoch)
        return np.arange(len(self._images), dtype=np.int64)

    def _make(self, epoch: int, step: int, order: NDArray[np.int64]) -> Batch:
        start, stop = self._bounds[step], self._bounds[step + 1]
        count = stop - start
        first = self._rank * count // self._world_size
        last = (self._rank + 1) * count // self._world_size
        chosen = order[start + first : start + last]
        images = torch.from_numpy(np.take(self._images.images, chosen, axis=0))
        labels = torch.from_numpy(np.take(self._images.labels, chosen))
        if self._augment is not None:
            generator = torch.Generator()
            generator.manual_seed(stable_seed(AUGMENT, self._seed, epoch, step))
            shape = (count, images.shape[2], images.shape[3])
            drawn = draw_distortion(self._augment, shape, generator)
            images = distort(images, drawn.rows(first, last))
        if self._pin_memory:
            images, labels = images.pin_memory(), labels.pin_memory()
        return images, labels

    def _prefetch(self, epoch: int, steps: range, order: NDArray[np.int64]) -> Iterator[Batch]:
        waiting: deque[Future[Batch]] = deque()
        workers = ThreadPoolExecutor(self._num_workers, thread_name_prefix="lbpnet-loader")
        try:
            for step in steps:
                waiting.append(workers.submit(self._make, epoch, step, order))
                # The queue is bounded: an epoch of batches must not pile up in memory.
                if len(waiting) > AHEAD_PER_WORKER * self._num_workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # Reached too when the consumer stops early or raises: the generator is then closed.
            workers.shutdown(wait=True, cancel_futures=True)
