"""The loss of distillation."""

from __future__ import annotations

import pytest
import torch

from lbpnet.training.teacher import distillation_loss


def test_loss_is_the_formula_of_the_docstring() -> None:
    logits, taught = torch.tensor([[1.0, -2.0, 0.5]]), torch.tensor([[2.0, 0.0, -1.0]])
    p, q = (taught / 3).softmax(1), (logits / 3).softmax(1)
    expected = 9 * float((p * (p / q).log()).sum())
    assert float(distillation_loss(logits, taught, 3.0)) == pytest.approx(expected, rel=1e-5)
    assert float(distillation_loss(logits.repeat(5, 1), taught.repeat(5, 1), 3.0)) == pytest.approx(expected, rel=1e-5)


def test_loss_is_zero_where_both_agree_and_only_the_pupil_gets_a_gradient() -> None:
    logits = torch.tensor([[1.0, -2.0, 0.5]], requires_grad=True)
    taught = torch.tensor([[2.0, 0.0, -1.0]], requires_grad=True)
    assert float(distillation_loss(logits, logits.detach() + 7, 2.0).detach()) == pytest.approx(0.0, abs=1e-6)
    distillation_loss(logits, taught, 2.0).backward()
    assert taught.grad is None
    expected = 2.0 * ((logits / 2).softmax(1) - (taught / 2).softmax(1)).detach()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, expected)
