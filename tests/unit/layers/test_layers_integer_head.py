"""The integer head: exact scores, and the function that training saw."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lbpnet.layers import IntegerHead

LEVELS = (1, 2, 3, 7)


def trained(largest: int, steps: int = 30) -> IntegerHead:
    """A head after some steps on features whose first ten tell the class."""
    generator = torch.Generator().manual_seed(largest)
    head = IntegerHead(40, 3, largest, generator=generator)
    optimizer = torch.optim.Adam(head.parameters(), lr=3e-3)
    for _ in range(steps):
        features, labels = examples(generator)
        loss = torch.nn.functional.cross_entropy(head(features), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    head.zero_grad()
    return head


def examples(generator: torch.Generator, count: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.randint(0, 3, (count,), generator=generator)
    features = torch.randint(0, 300, (count, 40), generator=generator)
    features[:, :10] += 100 * labels[:, None]
    return features.float(), labels


@pytest.mark.parametrize("largest", LEVELS)
def test_eval_puts_out_exactly_the_integer_scores(largest: int) -> None:
    head = trained(largest).eval()
    weights, bias = head.integers()
    assert weights.dtype == torch.int8 and weights.shape == (3, 40)
    assert bias.dtype == torch.int32 and bias.shape == (3,)
    assert int(weights.min()) == -largest and int(weights.max()) == (1 if largest == 2 else largest)
    features, _ = examples(torch.Generator().manual_seed(5), 500)
    expected = features.numpy().astype(np.int64) @ weights.numpy().astype(np.int64).T + bias.numpy()
    assert np.array_equal(head(features).detach().numpy(), expected)


@pytest.mark.parametrize("largest", LEVELS)
def test_biases_are_the_formula_of_the_docstring(largest: int) -> None:
    head = trained(largest)
    weights, bias = head.integers()
    rms, gain = float(head.score_running_var.sqrt()), float(head.log_gain.detach().exp())
    for c in range(3):
        centre = sum(int(w) * float(m) for w, m in zip(weights[c], head.running_mean, strict=True))
        assert int(bias[c]) == round(float(head.bias[c].detach()) * rms / gain - centre)


@pytest.mark.parametrize("largest", LEVELS)
def test_training_and_eval_are_one_function_where_the_statistics_are(largest: int) -> None:
    head = trained(largest)
    features, _ = examples(torch.Generator().manual_seed(5))
    with torch.no_grad():
        # The running statistics become those of this very batch.
        for _ in range(1500):
            head(features)
        logits = head(features)
    integers = (head.eval()(features) * head.scale()).detach()
    rounding = float(head.scale().detach())
    assert float((logits - integers).abs().max()) <= rounding, "only biases are rounded, by half a score at most"


@pytest.mark.parametrize("largest", LEVELS)
def test_gradients_reach_latents_gain_bias_and_features(largest: int) -> None:
    head = trained(largest, steps=3)
    features, labels = examples(torch.Generator().manual_seed(5))
    features.requires_grad_()
    torch.nn.functional.cross_entropy(head(features), labels).backward()
    for tensor in (*head.parameters(), features):
        assert tensor.grad is not None and float(tensor.grad.abs().max()) > 0


@pytest.mark.parametrize("largest", LEVELS)
def test_a_larger_step_leaves_more_weights_at_zero(largest: int) -> None:
    usual = trained(largest)
    sparse = IntegerHead(40, 3, largest, step=3 * usual.step, generator=torch.Generator().manual_seed(0))
    sparse.load_state_dict(usual.state_dict())
    zeros = [int((head.integers().weights == 0).sum()) for head in (usual, sparse)]
    assert zeros[0] < zeros[1] < 120


def test_a_constant_feature_leaves_every_number_finite() -> None:
    head = IntegerHead(4, 2, 1, generator=torch.Generator().manual_seed(0))
    features = torch.full((8, 4), 5.0)
    for _ in range(200):
        head(features).square().sum().backward()
    assert all(bool(t.isfinite().all()) for t in (*head.state_dict().values(), *head.integers()))
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in head.parameters())


def test_initial_latents_come_from_the_generator() -> None:
    one, same, other = (IntegerHead(4, 2, 1, generator=torch.Generator().manual_seed(s)).latent for s in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)
