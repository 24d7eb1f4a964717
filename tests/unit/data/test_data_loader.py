"""Batches: every image once an epoch, any step on its own, whatever the number of threads."""

from __future__ import annotations

import threading
from itertools import combinations, product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lbpnet.config.data import AugmentConfig
from lbpnet.data.dataset import ImageSet
from lbpnet.data.loader import BatchLoader
from lbpnet.errors import ConfigError

AUGMENT = AugmentConfig(shift=1, rotation=20, elastic_alpha=1.0, elastic_sigma=1.0)


def make(images: ImageSet, **changes: Any) -> BatchLoader:
    chosen: dict[str, Any] = {
        "batch_size": 10,
        "seed": 3,
        "augment": None,
        "num_workers": 0,
        "pin_memory": True,
        "shuffle": True,
    }
    return BatchLoader(images, **{**chosen, **changes})


def positions(batches: list[tuple[Tensor, Tensor]]) -> list[int]:
    return [value for images, _ in batches for value in images[:, 0, 0, 0].tolist()]


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("lbpnet-loader")]


def equal(first: list[tuple[Tensor, Tensor]], second: list[tuple[Tensor, Tensor]]) -> bool:
    return len(first) == len(second) and all(
        torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in zip(first, second, strict=True)
    )


@settings(deadline=None)
@given(count=st.integers(2, 60), batch_size=st.integers(2, 70), seed=st.integers(0, 2**32))
def test_an_epoch_is_a_permutation_and_no_batch_has_one_image(count: int, batch_size: int, seed: int) -> None:
    import numpy as np

    values = np.arange(count, dtype=np.uint8)[:, None, None, None].copy()
    loader = make(ImageSet(values, np.arange(count) % 3), batch_size=batch_size, seed=seed)
    batches = list(loader.batches(0))
    assert sorted(positions(batches)) == list(range(count))
    assert len(batches) == loader.steps_per_epoch
    sizes = [len(labels) for _, labels in batches]
    assert min(sizes) >= 2
    assert max(sizes) <= batch_size + 1
    for images, labels in batches:
        assert images.dtype == torch.uint8
        assert labels.dtype == torch.int64
        assert torch.equal(images[:, 0, 0, 0].to(torch.int64) % 3, labels)


def test_epochs_and_seeds_differ_and_repeat(numbered: ImageSet) -> None:
    orders = {
        (seed, epoch): positions(list(make(numbered, seed=seed).batches(epoch)))
        for seed, epoch in product((0, 1), (0, 1, 2))
    }
    assert len({tuple(order) for order in orders.values()}) == 6
    assert positions(list(make(numbered, seed=1).batches(2))) == orders[1, 2]


def test_without_shuffle_the_order_is_that_of_the_set_and_one_image_may_be_left(
    numbered: ImageSet,
) -> None:
    batches = list(make(numbered, shuffle=False, batch_size=51).batches(4))
    assert positions(batches) == list(range(103))
    assert [len(labels) for _, labels in batches] == [51, 51, 1]


def test_any_first_step_gives_the_rest_of_the_same_epoch(numbered: ImageSet) -> None:
    loader = make(numbered, augment=AUGMENT)
    whole = list(loader.batches(5))
    ran = 0
    for start in range(loader.steps_per_epoch + 1):
        assert equal(list(loader.batches(5, start)), whole[start:])
        ran += 1
    assert ran == 12


def test_the_number_of_threads_changes_nothing(numbered: ImageSet) -> None:
    alone = list(make(numbered, augment=AUGMENT).batches(1, 2))
    ran = 0
    for workers in (1, 2, 5, 30):
        assert equal(list(make(numbered, augment=AUGMENT, num_workers=workers).batches(1, 2)), alone)
        ran += 1
    assert ran == 4
    assert threads() == []


def test_ranks_divide_every_global_batch_in_contiguous_parts(numbered: ImageSet) -> None:
    ran = 0
    for world, shuffle, augment in product((1, 2, 3, 4), (True, False), (None, AUGMENT)):
        options: dict[str, Any] = {"shuffle": shuffle, "augment": augment, "batch_size": 12}
        single = make(numbered, **options)
        ranks = [make(numbered, rank=r, world_size=world, **options) for r in range(world)]
        assert len({loader.steps_per_epoch for loader in ranks}) == 1
        parts = [list(loader.batches(2)) for loader in ranks]
        joined = [
            (torch.cat([p[s][0] for p in parts]), torch.cat([p[s][1] for p in parts]))
            for s in range(ranks[0].steps_per_epoch)
        ]
        if ranks[0].steps_per_epoch == single.steps_per_epoch:
            assert equal(joined, list(single.batches(2)))
        else:
            assert shuffle
        assert sum(len(labels) for _, labels in joined) == 103
        if shuffle:
            assert min(len(labels) for part in parts for _, labels in part) >= 2
        ran += 1
    assert ran == 16


def test_augmentation_differs_between_steps_and_epochs(numbered: ImageSet) -> None:
    import numpy as np

    same = ImageSet(np.repeat(numbered.images[:1] + np.uint8(200), 40, axis=0), np.zeros(40, int))
    loader = make(same, augment=AugmentConfig(rotation=40), batch_size=10)
    batches = [images for epoch in (0, 1) for images, _ in loader.batches(epoch)]
    assert len(batches) == 8
    assert all(not torch.equal(a, b) for a, b in combinations(batches, 2))


def test_stopping_early_or_failing_leaves_no_thread(numbered: ImageSet) -> None:
    loader = make(numbered, num_workers=3)
    batches = loader.batches(0)
    next(batches)
    assert threads()
    batches.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert threads() == []

    def consume() -> None:
        for _ in loader.batches(0):
            raise RuntimeError("the training step failed")

    with pytest.raises(RuntimeError, match="training step"):
        consume()
    assert threads() == []


def test_an_error_in_a_thread_reaches_the_consumer(numbered: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Tensor:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("lbpnet.data.loader.distort", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        list(make(numbered, augment=AUGMENT, num_workers=2).batches(0))
    assert threads() == []


def test_batches_are_copies_that_may_be_changed(numbered: ImageSet) -> None:
    before = numbered.images.copy()
    for images, labels in make(numbered, shuffle=False).batches(0):
        images.zero_()
        labels.zero_()
    assert (numbered.images == before).all()
    assert numbered.labels.max() == 2


def test_impossible_settings_are_refused_by_name(numbered: ImageSet) -> None:
    cases = (
        ({"batch_size": 1}, "batch_size"),
        ({"batch_size": 7, "world_size": 4}, "batch_size"),
        ({"batch_size": 0, "shuffle": False}, "batch_size"),
        ({"num_workers": -1}, "num_workers"),
        ({"seed": -1}, "seed"),
        ({"rank": 2, "world_size": 2}, "rank"),
        ({"batch_size": 400, "world_size": 60}, "103"),
        ({"augment": AugmentConfig(scale=2)}, r"augment\.scale"),
    )
    ran = 0
    for changes, words in cases:
        with pytest.raises(ConfigError, match=words):
            make(numbered, **changes)
        ran += 1
    assert ran == 8
    loader = make(numbered)
    for epoch, step in ((-1, 0), (0, -1), (0, 12)):
        with pytest.raises(ConfigError, match="expected epoch"):
            loader.batches(epoch, step)
