"""The stability guard on constructed histories."""

from __future__ import annotations

from lbpnet.config import StabilityConfig
from lbpnet.training.collapse_guard import CollapseGuard

HEALTHY = [0.90, 0.92, 0.94, 0.95]


def test_guard_fires_on_a_collapse_softens_freezes_alpha_and_recovers() -> None:
    guard = CollapseGuard(StabilityConfig())
    assert not any(guard.update(a, 0.5) for a in HEALTHY)
    assert guard.state == "watching" and guard.factor == 1.0 and guard.frozen == frozenset()
    assert not guard.update(0.60, 0.9), "one retreat is not yet a collapse"
    assert guard.update(0.55, 0.9)
    assert guard.state == "softened" and guard.factor == 2.0 and guard.frozen == {"alpha"}
    assert [guard.update(a, 0.6) for a in (0.70, 0.80)] == [False, False]
    assert guard.state == "softened"
    assert not guard.update(0.90, 0.6)
    assert guard.state == "watching" and guard.factor == 1.0 and guard.frozen == frozenset()
    assert guard.fired == 1


def test_guard_does_not_fire_while_few_gates_are_open() -> None:
    guard = CollapseGuard(StabilityConfig())
    assert not any(guard.update(a, 0.26) for a in [*HEALTHY, 0.5, 0.4, 0.3, 0.2])


def test_guard_does_not_fire_on_drops_up_to_the_threshold() -> None:
    guard = CollapseGuard(StabilityConfig())
    assert not any(guard.update(a, 0.9) for a in [*HEALTHY, 0.901, 0.901, 0.901])


def test_a_good_epoch_between_two_retreats_resets_the_count() -> None:
    guard = CollapseGuard(StabilityConfig())
    assert not any(guard.update(a, 0.9) for a in [*HEALTHY, 0.6, 0.95, 0.6, 0.95, 0.6])


def test_reference_is_the_best_of_the_window_only() -> None:
    guard = CollapseGuard(StabilityConfig(window=1))
    accuracies = [0.95, 0.92, 0.89, 0.86, 0.83, 0.80, 0.77]
    assert not any(guard.update(a, 0.9) for a in accuracies), "each epoch is within 0.05 of the one before"
    wide = CollapseGuard(StabilityConfig(window=5))
    assert any(wide.update(a, 0.9) for a in accuracies)


def test_guard_that_is_off_never_fires() -> None:
    guard = CollapseGuard(StabilityConfig(collapse_guard=False))
    assert not any(guard.update(a, 0.9) for a in [*HEALTHY, 0.1, 0.1, 0.1])
    assert guard.state == "off"


def test_restored_guard_goes_on_where_the_saved_one_stood() -> None:
    saved = CollapseGuard(StabilityConfig())
    for accuracy in [*HEALTHY, 0.6]:
        saved.update(accuracy, 0.9)
    restored = CollapseGuard(StabilityConfig())
    restored.load_state_dict(saved.state_dict())
    assert restored == saved
    assert restored.update(0.6, 0.9)
