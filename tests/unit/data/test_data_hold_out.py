"""Held-out images of whole and of standing-in data sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from lbpnet.config import PRESETS, DataConfig
from lbpnet.data import hold_out, load_dataset
from lbpnet.data.load import EmbeddedDigitsWarning


def test_named_size_is_held_out_of_a_data_set_that_is_there() -> None:
    dataset = load_dataset(DataConfig(dataset="embedded"))
    train, val = hold_out(dataset, DataConfig(dataset="embedded", val_size=300))
    assert val is not None
    assert (len(train), len(val)) == (2200, 300)


def test_digits_that_stand_in_for_mnist_hold_out_the_same_share_and_ignore_its_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LBPNET_DATA", str(tmp_path))
    config = DataConfig(dataset="mnist", val_size=PRESETS["mnist_quick"].data.val_size, train_limit=30_000)
    with pytest.warns(EmbeddedDigitsWarning):
        dataset = load_dataset(config, allow_download=False)
    train, val = hold_out(dataset, config)
    assert val is not None
    assert (len(train), len(val)) == (2500 - 208, 208), "5,000 of 60,000"
