"""Course of learning rate, temperatures, freezing and phase."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lbpnet.config import PRESETS, FreezeScheduleConfig, HardFinetuneConfig, RunConfig, TempScheduleConfig
from lbpnet.training import Schedule

SEED = PRESETS["paper_mnist_rp_full60k"]


def with_training(config: RunConfig, **values: object) -> RunConfig:
    return replace(config, training=replace(config.training, **values))


def test_learning_rate_rises_linearly_over_the_warm_up_then_falls_by_a_cosine_to_min_lr() -> None:
    config = with_training(replace(SEED, hard_finetune=HardFinetuneConfig(enable=False)), min_lr=1e-5)
    schedule = Schedule.of(config)
    assert schedule.learning_rate(0.0) == 0.0
    assert schedule.learning_rate(2.5) == pytest.approx(5e-4)
    assert schedule.learning_rate(5.0) == pytest.approx(1e-3)
    middle = (5 + 300) / 2
    assert schedule.learning_rate(middle) == pytest.approx((1e-3 + 1e-5) / 2)
    assert schedule.learning_rate(300.0) == pytest.approx(1e-5)


def test_constant_learning_rate_stays_after_the_warm_up() -> None:
    config = with_training(SEED, lr_scheduler="constant")
    assert Schedule.of(config).learning_rate(5.0) == Schedule.of(config).learning_rate(259.9) == 1e-3


def test_hard_phase_multiplies_the_learning_rate_once_not_every_epoch() -> None:
    soft = Schedule.of(replace(SEED, hard_finetune=HardFinetuneConfig(enable=False)))
    hard = Schedule.of(SEED)
    ratios = [hard.learning_rate(e + 0.5) / soft.learning_rate(e + 0.5) for e in range(300)]
    assert len(ratios) == 300
    assert ratios[:260] == [1.0] * 260
    assert ratios[260:] == pytest.approx([0.1] * 40)


def test_temperatures_run_from_start_to_end_by_a_cosine() -> None:
    schedule = Schedule.of(with_training(SEED, epochs=301, schedule_epochs=None))
    assert schedule.temperatures(0) == pytest.approx((1.5, 3.0))
    assert schedule.temperatures(150) == pytest.approx((0.8, 1.95))
    assert schedule.temperatures(300) == pytest.approx((0.10, 0.90))
    quarter = (1 - math.cos(math.pi / 4)) / 2
    assert schedule.temperatures(75)[0] == pytest.approx(1.5 - 1.4 * quarter)


def test_linear_temperatures_are_halfway_at_half_time() -> None:
    config = replace(SEED, temp_schedule=replace(SEED.temp_schedule, type="linear"))
    schedule = Schedule.of(with_training(config, epochs=5, schedule_epochs=None, warmup_epochs=0.0))
    assert schedule.temperatures(1) == pytest.approx((1.5 - 1.4 / 4, 3.0 - 2.1 / 4))


def test_without_a_temperature_schedule_the_layers_own_temperatures_hold() -> None:
    schedule = Schedule.of(replace(SEED, temp_schedule=TempScheduleConfig(enable=False)))
    assert schedule.temperatures(0) == schedule.temperatures(299) == (0.2, 3.0)


def test_explicit_gate_total_wins_over_offsets_plus_extra() -> None:
    assert Schedule.of(SEED).gates_frozen_until == 10
    assert Schedule.of(replace(SEED, freeze_schedule=FreezeScheduleConfig(8, 4, None))).gates_frozen_until == 12


def test_offsets_and_alpha_thaw_before_the_gates() -> None:
    schedule = Schedule.of(SEED)
    assert schedule.frozen(7) == {"offsets", "alpha", "gates"}
    assert schedule.frozen(8) == schedule.frozen(9) == {"gates"}
    assert schedule.frozen(10) == frozenset()


def test_another_number_of_epochs_scales_every_epoch_number_down() -> None:
    schedule = Schedule.of(with_training(SEED, epochs=30))
    assert schedule.warmup_epochs == pytest.approx(0.5)
    assert schedule.offsets_frozen_until == 0
    assert schedule.gates_frozen_until == 1
    assert schedule.hard_from == 26
    assert schedule.patience == 999


def test_without_schedule_epochs_nothing_is_scaled() -> None:
    schedule = Schedule.of(with_training(SEED, epochs=280, schedule_epochs=None))
    assert (schedule.warmup_epochs, schedule.offsets_frozen_until, schedule.hard_from) == (5.0, 8, 260)


@pytest.mark.parametrize(
    ("use_ste", "bits", "gates", "before", "after"),
    [
        (True, True, True, (True, True), (True, True)),
        (True, False, False, (True, True), (True, True)),
        (False, True, True, (False, False), (True, True)),
        (False, True, False, (False, False), (True, False)),
        (False, False, True, (False, False), (False, True)),
    ],
)
def test_path_is_hard_all_along_with_ste_and_otherwise_from_hard_fine_tuning_on(
    use_ste: bool, bits: bool, gates: bool, before: tuple[bool, bool], after: tuple[bool, bool]
) -> None:
    blocks = replace(SEED.model.blocks, rp_config=replace(SEED.model.blocks.rp_config, use_ste=use_ste))
    config = replace(
        SEED,
        model=replace(SEED.model, blocks=blocks),
        hard_finetune=HardFinetuneConfig(hard_forward_bits=bits, hard_forward_gates=gates),
    )
    schedule = Schedule.of(config)
    assert (schedule.path(259).hard_bits, schedule.path(259).hard_gates) == before
    assert (schedule.path(260).hard_bits, schedule.path(260).hard_gates) == after


def test_the_surrogate_of_a_routed_network_narrows_by_a_cosine_where_an_end_is_given() -> None:
    config = with_training(PRESETS["routed_mnist"], epochs=9)
    routed = replace(config.model.routed, tau=0.4, tau_end=0.1)
    narrowing = Schedule.of(replace(config, model=replace(config.model, routed=routed)))
    found = [narrowing.temperatures(epoch)[1] for epoch in (0, 2, 4, 8)]
    quarter = (1 - math.cos(math.pi / 4)) / 2
    assert found == pytest.approx([0.4, 0.4 - 0.3 * quarter, 0.25, 0.1])
    assert {Schedule.of(config).temperatures(epoch) for epoch in range(9)} == {(0.3, 0.3)}


def test_offsets_and_channels_settle_in_the_last_epochs() -> None:
    config = with_training(PRESETS["routed_mnist"], epochs=6, schedule_epochs=12)
    config = replace(config, freeze_schedule=replace(config.freeze_schedule, freeze_offsets_epochs=2, settle_epochs=5))
    found = [Schedule.of(config).frozen(epoch) for epoch in range(6)]
    frozen = frozenset({"offsets", "alpha"})
    assert found == [frozen, frozenset(), frozenset(), frozenset(), frozen, frozen], "halved, rounded down"
    choosing = replace(config.model, routed=replace(config.model.routed, candidates=2))
    assert Schedule.of(replace(config, model=choosing)).frozen(5) == frozen | {"channels"}
