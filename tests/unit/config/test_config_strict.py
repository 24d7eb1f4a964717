"""Strict conversion from JSON: what is wrong is named by its dotted path."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbpnet.config import (
    PRESETS,
    DataConfig,
    RunConfig,
    from_dict,
    load_config,
    save_config,
    to_dict,
)
from lbpnet.errors import ConfigError


def nested(dotted: str, value: Any) -> dict[str, Any]:
    result = value
    for name in reversed(dotted.split(".")):
        result = {name: result}
    return result


WRONG_TYPES: list[tuple[str, Any, str]] = [
    ("seed", "42", "int"),
    ("seed", 1.0, "int"),
    ("seed", True, "int"),
    ("seed", None, "int"),
    ("deterministic", 1, "bool"),
    ("deterministic", "true", "bool"),
    ("data.dataset", 3, "str"),
    ("data.root", 3, "str or null"),
    ("data.train_limit", 1.5, "int or null"),
    ("data.image_size", "28", "int or a list of int"),
    ("data.image_size", [28], "int or a list of int"),
    ("data.image_size", [28, 28, 28], "int or a list of int"),
    ("data.augment.scale", "0.1", "float"),
    ("data.augment.scale", True, "float"),
    ("data.augment", 3, "an object with fields"),
    ("training.lr", None, "float"),
    ("training.lr_scheduler", "cosin", "one of 'cosine', 'constant', got 'cosin'; did you mean 'cosine'?"),
    ("model.lbp_layer.mode", ["bits"], "one of 'bits', 'weighted'"),
    ("model.lbp_layer", None, "an object with fields"),
    ("model.blocks.channels_per_stage", 39, "a list of int"),
    ("model.blocks.channels_per_stage", "39", "a list of int"),
    ("model.blocks.rp_config.threshold", "half", "float or null"),
    ("optim.betas", 0.9, "a list of float"),
]


def test_a_wrong_type_is_named_by_its_dotted_path_with_what_was_expected_and_came() -> None:
    ran = 0
    for dotted, value, expected in WRONG_TYPES:
        with pytest.raises(ConfigError) as caught:
            from_dict(RunConfig, nested(dotted, value))
        assert str(caught.value).startswith(f"{dotted}: expected {expected}"), (dotted, str(caught.value))
        assert repr(value) in str(caught.value)
        ran += 1
    assert ran == 23


def test_a_wrong_element_is_named_by_its_place() -> None:
    for dotted, value, message in (
        ("model.blocks.channels_per_stage", [39, "40"], r"^model\.blocks\.channels_per_stage\[1\]: expected int"),
        ("optim.betas", [0.9, None], r"^optim\.betas\[1\]: expected float, got None"),
        ("optim.betas", [0.9], r"^optim\.betas: expected 2 values, got 1"),
    ):
        with pytest.raises(ConfigError, match=message):
            from_dict(RunConfig, nested(dotted, value))


UNKNOWN: list[tuple[str, str]] = [
    ("sed", "seed"),
    ("modle", "model"),
    ("training.epoch", "training.epochs"),
    ("model.lbp_layer.numpatterns", "model.lbp_layer.num_patterns"),
    ("model.blocks.rp_config.n_bits", "model.blocks.rp_config.n_bits_per_out"),
    ("data.augment.rotate", "data.augment.rotation"),
    ("hard_finetune.start_epochs", "hard_finetune.start_epoch"),
]


def test_an_unknown_field_is_named_by_its_dotted_path_with_the_nearest_one() -> None:
    ran = 0
    for dotted, nearest in UNKNOWN:
        with pytest.raises(ConfigError) as caught:
            from_dict(RunConfig, nested(dotted, 1))
        assert str(caught.value) == f"unknown field '{dotted}'; did you mean '{nearest}'?"
        ran += 1
    assert ran == 7
    with pytest.raises(ConfigError, match=r"unknown field 'data\.augment\.zzz'; valid: data\.augment\.elastic_alpha, "):
        from_dict(RunConfig, nested("data.augment.zzz", 1))


def leaves(config: Any, prefix: str = "") -> list[str]:
    names: list[str] = []
    for field in dataclasses.fields(config):
        value, name = getattr(config, field.name), f"{prefix}{field.name}"
        names += leaves(value, f"{name}.") if dataclasses.is_dataclass(value) else [name]
    return names


def test_one_named_field_leaves_every_other_at_its_own_default() -> None:
    whole, ran = to_dict(RunConfig()), 0
    for dotted in leaves(RunConfig()):
        value: Any = whole
        for name in dotted.split("."):
            value = value[name]
        assert from_dict(RunConfig, nested(dotted, value)) == RunConfig(), dotted
        ran += 1
    assert ran == len(leaves(RunConfig())) > 100
    # The groups share one class and have defaults of their own.
    groups = from_dict(RunConfig, nested("optimizer_groups.lbp_offsets.lr_mult", 9.0)).optimizer_groups
    assert (groups.lbp_offsets.lr_mult, groups.lbp_offsets.wd_mult) == (9.0, 0.0)


def test_missing_fields_keep_those_of_the_base() -> None:
    base = PRESETS["mnist_quick"]
    changed = from_dict(RunConfig, {"data": {"val_size": 7}, "seed": 3}, base=base)
    expected = dataclasses.replace(base, data=dataclasses.replace(base.data, val_size=7), seed=3)
    assert changed == expected
    assert from_dict(RunConfig, {}, base=base) == base


def test_whole_numbers_become_reals_where_reals_are_meant_and_lists_become_tuples() -> None:
    config = from_dict(RunConfig, {"training": {"lr": 1}, "data": {"image_size": [17, 23]}})
    assert type(config.training.lr) is float
    assert config.data.image_size == (17, 23)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.integers(1, 99), max_size=5),
    st.one_of(st.none(), st.text(max_size=9)),
    st.one_of(st.integers(1, 99), st.tuples(st.integers(1, 99), st.integers(1, 99))),
)
def test_any_values_come_back_from_json_unchanged(
    epochs: int, lr: float, widths: list[int], root: str | None, size: int | tuple[int, int]
) -> None:
    base = RunConfig()
    blocks = dataclasses.replace(base.model.blocks, channels_per_stage=tuple(widths))
    config = dataclasses.replace(
        base,
        model=dataclasses.replace(base.model, blocks=blocks),
        training=dataclasses.replace(base.training, epochs=epochs, lr=lr),
        data=dataclasses.replace(base.data, root=root, image_size=size),
    )
    assert from_dict(RunConfig, json.loads(json.dumps(to_dict(config)))) == config


def test_a_part_is_read_by_its_own_class() -> None:
    assert from_dict(DataConfig, {"val_size": 5}) == DataConfig(val_size=5)
    with pytest.raises(ConfigError, match=r"^data\.val_size: expected int"):
        from_dict(DataConfig, {"val_size": "5"}, path="data")


def test_a_saved_configuration_loads_and_overrides_a_base(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    for config in PRESETS.values():
        save_config(config, file)
        assert load_config(file) == config
        assert load_config(str(file), base=PRESETS["mnist_quick"]) == config
    file.write_text('{"seed": 5}', encoding="utf-8")
    assert load_config(file, base=PRESETS["mnist_quick"]) == dataclasses.replace(PRESETS["mnist_quick"], seed=5)
    assert load_config(file) == RunConfig(seed=5)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    for name, content, message in (
        ("absent.json", None, "configuration file not found: "),
        ("broken.json", b'{"seed": ', "not a JSON file"),
        ("latin.json", b'{"seed": "\xe9"}', "not a JSON file"),
        ("list.json", b"[1, 2]", r"configuration: expected an object with fields, got \[1, 2\]"),
        ("null.json", b"null", "configuration: expected an object"),
        ("type.json", b'{"training": {"epochs": "3"}}', r"training\.epochs: expected int, got '3'"),
        (
            "field.json",
            b'{"training": {"epoch": 3}}',
            r"unknown field 'training\.epoch'; did you mean 'training\.epochs'\?",
        ),
    ):
        file = tmp_path / name
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ConfigError, match=message) as caught:
            load_config(file)
        assert str(file) in str(caught.value)
    with pytest.raises(ConfigError, match="not found"):
        load_config(tmp_path)


def test_only_dataclasses_become_dictionaries() -> None:
    with pytest.raises(TypeError):
        to_dict({"seed": 1})
