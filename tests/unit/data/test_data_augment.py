"""Augmentation: what it does to pixels, and that nothing but the generator decides it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lbpnet.config.data import AugmentConfig
from lbpnet.data.augment import Distortion, augment, distort, draw_distortion
from lbpnet.errors import ConfigError

EVERYTHING = AugmentConfig(shift=2, rotation=15.0, scale=0.1, shear=10.0, elastic_alpha=1.5, elastic_sigma=3.0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=seeded(99))


def test_everything_off_returns_the_input_and_draws_nothing() -> None:
    images, generator = noise(3, 1, 5, 5), seeded()
    before = generator.get_state()
    assert augment(images, AugmentConfig(), generator) is images
    assert torch.equal(generator.get_state(), before)


def test_a_shift_moves_down_and_right_and_fills_with_zero() -> None:
    image = torch.arange(1, 13, dtype=torch.uint8).reshape(1, 1, 3, 4)
    expected = {
        (0, 0): [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]],
        (1, 0): [[0, 0, 0, 0], [1, 2, 3, 4], [5, 6, 7, 8]],
        (-1, 2): [[0, 0, 5, 6], [0, 0, 9, 10], [0, 0, 0, 0]],
        (0, -3): [[4, 0, 0, 0], [8, 0, 0, 0], [12, 0, 0, 0]],
        (5, 5): [[0] * 4] * 3,
    }
    ran = 0
    for shift, rows in expected.items():
        moved = distort(image, Distortion(torch.tensor([shift]), None, None))
        assert moved[0, 0].tolist() == rows
        ran += 1
    assert ran == 5


def test_every_shift_in_reach_is_drawn_and_no_other() -> None:
    image = torch.zeros(2000, 2, 7, 9, dtype=torch.uint8)
    image[:, :, 3, 4] = 255
    moved = augment(image, AugmentConfig(shift=2), seeded())
    found = moved[:, 0].nonzero()
    assert len(found) == 2000
    assert torch.equal(moved[:, 0], moved[:, 1])
    places = {(int(y) - 3, int(x) - 4) for _, y, x in found}
    assert places == {(y, x) for y in range(-2, 3) for x in range(-2, 3)}


def test_resampling_agrees_with_the_exact_shift() -> None:
    images = noise(4, 3, 6, 9)
    shift = torch.tensor([[1, -2], [0, 3], [-4, 0], [2, 2]])
    identity = torch.eye(2).expand(4, 2, 2)
    exact = distort(images, Distortion(shift, None, None))
    assert torch.equal(distort(images, Distortion(shift, identity, None)), exact)


def test_a_rotation_by_nothing_is_the_identity_on_odd_and_even_sizes() -> None:
    ran = 0
    for shape in ((2, 1, 28, 28), (2, 3, 7, 12), (1, 1, 1, 1), (2, 1, 96, 31)):
        images = noise(*shape)
        still = Distortion(
            torch.zeros(shape[0], 2, dtype=torch.int64),
            torch.eye(2).expand(shape[0], 2, 2),
            torch.zeros(shape[0], shape[2], shape[3], 2),
        )
        assert torch.equal(distort(images, still), images)
        ran += 1
    assert ran == 4


def test_a_quarter_turn_and_a_doubling_land_where_they_should() -> None:
    images = noise(1, 2, 8, 8)
    none = torch.zeros(1, 2, dtype=torch.int64)
    turn = torch.tensor([[[0.0, 1.0], [-1.0, 0.0]]])
    turned = distort(images, Distortion(none, turn, None))
    assert torch.equal(turned, torch.rot90(images, -1, (2, 3)))
    halves = distort(images, Distortion(none, torch.eye(2)[None] * 2, None))
    assert torch.all(halves[:, :, :2] == 0)
    assert torch.all(halves[:, :, 6:] == 0)


def test_drawn_matrices_invert_scale_shear_and_rotation() -> None:
    config = AugmentConfig(rotation=30.0, scale=0.2, shear=20.0)
    drawn = draw_distortion(config, (500, 4, 4), seeded()).inverse
    assert drawn is not None
    forward = torch.linalg.inv(drawn.to(torch.float64))
    # QR of turn * slant * zoom gives the turn and an upper triangle back.
    turn, triangle = torch.linalg.qr(forward)
    sign = torch.sign(torch.diagonal(triangle, dim1=1, dim2=2))
    turn, triangle = turn * sign[:, None], triangle * sign[:, :, None]
    angle = torch.rad2deg(torch.atan2(turn[:, 1, 0], turn[:, 0, 0]))
    slant = torch.rad2deg(torch.atan(triangle[:, 0, 1] / triangle[:, 0, 0]))
    for value, largest in ((angle, 30.0), (slant, 20.0), ((triangle[:, 0, 0] - 1) * 100, 20.0)):
        assert value.abs().max() <= largest + 1e-3
        assert value.max() > 0.9 * largest
        assert value.min() < -0.9 * largest
    assert torch.allclose(triangle[:, 0, 0], triangle[:, 1, 1], atol=1e-4)


def test_the_elastic_field_has_the_strength_asked_for_and_is_smooth() -> None:
    ran = 0
    for alpha, sigma in ((1.0, 2.0), (3.0, 4.0), (0.5, 0.7)):
        config = AugmentConfig(elastic_alpha=alpha, elastic_sigma=sigma)
        field = draw_distortion(config, (400, 15, 21), seeded()).displacement
        assert field is not None
        assert field.shape == (400, 15, 21, 2)
        assert abs(field.std().item() / alpha - 1) < 0.05
        assert abs(field[:, 0].std().item() / alpha - 1) < 0.1
        ran += 1
    assert ran == 3
    neighbours = (field[:, :, 1:] - field[:, :, :-1]).std() / field.std()
    assert neighbours < 1.2


def test_the_generator_alone_decides_the_result() -> None:
    images = noise(6, 3, 13, 17)
    torch.manual_seed(1)
    first = augment(images, EVERYTHING, seeded(4))
    torch.manual_seed(2)
    assert torch.equal(augment(images, EVERYTHING, seeded(4)), first)
    assert not torch.equal(augment(images, EVERYTHING, seeded(5)), first)


def test_every_setting_changes_the_result_and_keeps_type_and_shape() -> None:
    settings = (
        AugmentConfig(shift=3),
        AugmentConfig(rotation=10),
        AugmentConfig(scale=0.1),
        AugmentConfig(shear=10),
        AugmentConfig(elastic_alpha=2),
        AugmentConfig(elastic_alpha=2, elastic_sigma=8),
        EVERYTHING,
    )
    images = noise(5, 2, 28, 20)
    results = [augment(images, setting, seeded()) for setting in settings]
    ran = 0
    for number, result in enumerate(results):
        assert result.dtype == torch.uint8
        assert result.shape == images.shape
        assert not torch.equal(result, images)
        assert all(not torch.equal(result, other) for other in results[:number])
        ran += 1
    assert ran == 7


def test_rows_of_a_drawn_distortion_are_those_of_the_whole_batch() -> None:
    images = noise(7, 1, 10, 10)
    drawn = draw_distortion(EVERYTHING, (7, 10, 10), seeded())
    whole = distort(images, drawn)
    assert torch.equal(distort(images[2:5], drawn.rows(2, 5)), whole[2:5])


def test_settings_out_of_range_are_refused_by_field() -> None:
    cases = {
        "shift": AugmentConfig(shift=-1),
        "rotation": AugmentConfig(rotation=181),
        "scale": AugmentConfig(scale=1.0),
        "shear": AugmentConfig(shear=90),
        "elastic_alpha": AugmentConfig(elastic_alpha=float("nan")),
        "elastic_sigma": AugmentConfig(elastic_sigma=0),
    }
    ran = 0
    for name, config in cases.items():
        with pytest.raises(ConfigError, match=rf"data\.augment\.{name}"):
            augment(noise(1, 1, 4, 4), config, seeded())
        ran += 1
    assert ran == 6
