"""Learned channels: the estimated gradient is what an exchange changes, and training prefers the better channel."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from lbpnet.config import Code
from lbpnet.layers import RoutedLbp
from lbpnet.layers.route_choice import chosen_routes, credit_candidates
from lbpnet.ops import RoutedStages, routed_stages


def layer(candidates: int = 3, code: Code = "bit_pack", pool_at: tuple[int, ...] = (), seed: int = 0) -> RoutedLbp:
    generator = torch.Generator().manual_seed(seed)
    return RoutedLbp(3, (4, 5), points=3, code=code, pool_at=pool_at, candidates=candidates, generator=generator)


def pixels(count: int = 16) -> torch.Tensor:
    return torch.randint(0, 6, (count, 3, 6, 7), generator=torch.Generator().manual_seed(9)).float() / 5


def test_the_largest_preference_decides_and_the_first_of_equals() -> None:
    candidates = torch.tensor([[[5, 6, 7], [1, 2, 3]]], dtype=torch.int32)
    preferences = torch.tensor([[[0.0, 2.0, 1.0], [0.5, 0.5, 0.0]]])
    assert chosen_routes(candidates, preferences).tolist() == [[6, 1]]


@pytest.mark.parametrize("code", ["bit_pack", "binary", "count", "majority"])
@pytest.mark.parametrize("turn", [0, 1, 5])
def test_gradient_of_a_preference_is_what_the_exchange_would_change(code: Code, turn: int) -> None:
    """A loss linear in the maps changes by exactly D, which a second forward pass with the other channel tells."""
    net, x, ran = layer(code=code), pixels(8), 0
    positions = net.positions[0].detach()
    candidates = net.candidates_of(0)
    generator = torch.Generator().manual_seed(4)
    preferences = torch.rand(4, 3, 3, generator=generator).requires_grad_()
    stages = RoutedStages((chosen_routes(candidates, preferences),), 5, code, 0.3)
    maps = routed_stages(x, [positions], stages)
    weights = torch.rand(maps.shape, generator=generator) - 0.5
    # Eight images: the first alone is tried, for all eight.
    credited = credit_candidates(maps, candidates, preferences, positions, stages, torch.tensor(turn))
    assert torch.equal(credited, maps)
    (credited * weights).sum().backward()
    assert preferences.grad is not None
    chosen, share = preferences.detach().argmax(2), preferences.detach().softmax(2)
    for k in range(4):
        for i in range(3):
            mine = int(chosen[k, i])
            other = (mine + 1 + turn % 2) % 3
            route = stages.routes[0].clone()
            route[k, i] = candidates[k, i, other]
            exchanged = routed_stages(x[:1], [positions], replace(stages, routes=(route,)))
            change = 8 * float(((exchanged - maps[:1]) * weights[:1]).sum())
            slope = float(share[k, i, mine] * share[k, i, other]) * change
            expected = torch.zeros(3)
            expected[other], expected[mine] = slope, -slope
            torch.testing.assert_close(preferences.grad[k, i], expected, rtol=1e-4, atol=1e-5)
            ran += 1
    assert ran == 12


@pytest.mark.parametrize("pool_at", [(), (0,), (0, 1)])
def test_a_choice_leaves_maps_and_other_gradients_alone(pool_at: tuple[int, ...]) -> None:
    """Before any exchange the network is the one without a choice: same routes, positions, maps and gradients."""
    found = []
    for candidates in (1, 3):
        generator = torch.Generator().manual_seed(2)
        routes = torch.Generator().manual_seed(42)
        net = RoutedLbp(3, (4, 5), pool_at=pool_at, candidates=candidates, generator=generator, route_generator=routes)
        x = pixels().requires_grad_()
        maps = net(x)
        maps.square().sum().backward()
        assert x.grad is not None and net.positions[0].grad is not None
        found.append((maps.detach(), x.grad, net.positions[0].grad))
        assert torch.equal(net.eval()(x).detach(), maps.detach())
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_training_exchanges_channels_for_those_that_help() -> None:
    """The wanted maps are those of a network that reads one of the candidates: the loss falls to those routes."""
    wanted, net = layer(candidates=2), layer(candidates=2)
    with torch.no_grad():
        for preferences in wanted.preferences:
            preferences[..., 1] = 5.0
        net.positions[0].copy_(wanted.positions[0])
    before, target = net.route(0), wanted.route(0)
    assert not torch.equal(before, target)
    x = torch.rand(64, 3, 6, 7, generator=torch.Generator().manual_seed(1))
    goal = wanted.eval()(x)[:, 3:7].detach()
    optimizer = torch.optim.Adam([net.preferences[0]], lr=0.05)
    for _ in range(100):
        loss = (net(x)[:, 3:7] - goal).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert int((net.route(0) != target).sum()) == 0


def test_every_candidate_has_its_turn_and_routes_are_candidates() -> None:
    net, x = layer(candidates=4), pixels()
    touched = torch.zeros_like(net.preferences[1])
    for step in range(3):
        net.zero_grad()
        net(x).square().sum().backward()
        assert int(net.turn) == step + 1
        gradient = net.preferences[1].grad
        assert gradient is not None and int((gradient != 0).sum()) > 0
        assert bool((gradient[..., 0] == -gradient[..., 1:].sum(2)).all()), "the first is chosen, one other is tried"
        touched += (gradient != 0).float()
    assert bool((touched[..., 1:].sum((0, 1)) > 0).all())
    assert bool((net.candidates_of(1) == net.route(1)[..., None]).any(2).all())


def test_evaluation_takes_no_turn() -> None:
    net = layer().eval()
    net(pixels())
    assert int(net.turn) == 0
