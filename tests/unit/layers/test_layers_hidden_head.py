"""Two integer layers: what runs is what is said, training orders as eval does, gradients reach both."""

from __future__ import annotations

import pytest
import torch

from lbpnet.layers import HiddenHead

LEVELS = (1, 2, 3, 7)


def features(count: int = 60) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randint(0, 200, (count, 40), generator=generator).float()


def trained(largest_hidden: int = 1, largest_weight: int = 7) -> HiddenHead:
    head = HiddenHead(40, 12, 3, largest_hidden, largest_weight, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(head.parameters(), lr=0.01)
    x = features()
    labels = (x[:, :3] + x[:, 3:6]).argmax(1)
    for _ in range(120):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(head(x), labels).backward()
        optimizer.step()
    return head


@pytest.mark.parametrize("largest_hidden", LEVELS)
@pytest.mark.parametrize("largest_weight", LEVELS)
def test_eval_mode_is_the_integer_formula(largest_hidden: int, largest_weight: int) -> None:
    head = trained(largest_hidden, largest_weight).eval()
    x = features().long()
    (v, c), (w, b) = ((t.long() for t in integers) for integers in (head.hidden_integers(), head.integers()))
    assert int(v.abs().max()) <= largest_hidden
    assert int(w.abs().max()) <= largest_weight
    expected = (x @ v.T + c).clamp_min(0) @ w.T + b
    assert torch.equal(head(x.float()).long(), expected)


def test_training_and_eval_find_the_same_classes() -> None:
    head, x = trained(), features()
    labels = (x[:, :3] + x[:, 3:6]).argmax(1)
    in_training = head(x).argmax(1)
    in_eval = head.eval()(x).argmax(1)
    assert float((in_training == labels).float().mean()) > 0.9
    assert float((in_training == in_eval).float().mean()) > 0.9


def test_gradients_reach_both_layers_and_the_features() -> None:
    head, x = trained(), features().requires_grad_()
    head.zero_grad()
    torch.nn.functional.cross_entropy(head(x), torch.arange(60) % 3).backward()
    for tensor in (head.units.latent, head.units.bias, head.scores.latent, head.scores.log_gain, x):
        assert tensor.grad is not None
        assert float(tensor.grad.abs().max()) > 0


def test_what_a_unit_reads_may_be_scaled_without_changing_its_class() -> None:
    # The second layer divides by the running deviation of what it reads.
    head, x = trained().eval(), features()
    scale = float(head.scale().detach())
    assert scale > 0
    assert torch.equal((head(x) * scale).argmax(1), head(x).argmax(1))
