"""Parameter groups with their learning-rate and weight-decay multipliers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ..config import RunConfig


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters of one kind; `lr_mult` is the product of the coarse and the fine multiplier."""

    name: str
    parameters: tuple[nn.Parameter, ...]
    lr_mult: float
    wd_mult: float


def kind_of(parameter_name: str) -> str:
    """Return the kind of a parameter by its name: `offsets`, `channels`, `alpha`, `gates`, `head` or `base`."""
    *path, last = parameter_name.split(".")
    if path and path[-1] in ("positions", "preferences"):
        return "offsets" if path[-1] == "positions" else "channels"
    by_leaf = {"raw_offsets": "offsets", "log_alpha_factor": "alpha", "gates": "gates"}
    if last in by_leaf:
        return by_leaf[last]
    return "head" if ".head." in f".{parameter_name}" else "base"


def parameter_groups(model: nn.Module, config: RunConfig) -> list[ParameterGroup]:
    """Sort a network's parameters into groups; empty groups are left out.

    Learning rate of a group: `training.lr * optim.lr_mult.<kind> * optimizer_groups.<group>.lr_mult`;
    weight decay: `training.weight_decay * optimizer_groups.<group>.wd_mult`. Alpha factors, the head
    and preferences among channels are of the coarse kind `base`.

    Source: seed document, "optim / optimizer_groups"; it does not say how the two levels compose, here
    they multiply.
    """
    coarse, fine = config.optim.lr_mult, config.optimizer_groups
    multipliers = {
        "offsets": (coarse.offsets * fine.lbp_offsets.lr_mult, fine.lbp_offsets.wd_mult),
        "channels": (coarse.base * fine.lbp_channels.lr_mult, fine.lbp_channels.wd_mult),
        "alpha": (coarse.base * fine.lbp_alpha.lr_mult, fine.lbp_alpha.wd_mult),
        "gates": (coarse.gates * fine.rp_gates.lr_mult, fine.rp_gates.wd_mult),
        "head": (coarse.base * fine.classification_head.lr_mult, fine.classification_head.wd_mult),
        "base": (coarse.base, 1.0),
    }
    members: dict[str, list[nn.Parameter]] = {name: [] for name in multipliers}
    for name, parameter in model.named_parameters():
        members[kind_of(name)].append(parameter)
    return [
        ParameterGroup(name, tuple(parameters), *multipliers[name])
        for name, parameters in members.items()
        if parameters
    ]


def build_optimizer(groups: list[ParameterGroup], config: RunConfig) -> torch.optim.Optimizer:
    """Build the optimiser; learning rates are set before every step by `set_learning_rate`."""
    rows = [
        {
            "params": list(group.parameters),
            "name": group.name,
            "lr_mult": group.lr_mult,
            "lr": config.training.lr * group.lr_mult,
            "weight_decay": config.training.weight_decay * group.wd_mult,
        }
        for group in groups
    ]
    if config.optim.type == "sgd":
        return torch.optim.SGD(rows, momentum=config.optim.betas[0])
    return torch.optim.AdamW(rows, betas=config.optim.betas)


def set_learning_rate(optimizer: torch.optim.Optimizer, base: float) -> None:
    """Set every group's learning rate to `base` times its multiplier."""
    for row in optimizer.param_groups:
        row["lr"] = base * row["lr_mult"]


def ask_gradients(optimizer: torch.optim.Optimizer, frozen: frozenset[str]) -> None:
    """Let all kinds but the frozen ask for gradients, so that no backward pass is run for a frozen one alone."""
    for row in optimizer.param_groups:
        for parameter in row["params"]:
            parameter.requires_grad_(row["name"] not in frozen)


def drop_frozen_gradients(optimizer: torch.optim.Optimizer, frozen: frozenset[str]) -> None:
    """Forget the gradients of frozen kinds, so that neither the step nor weight decay moves them."""
    for row in optimizer.param_groups:
        if row["name"] in frozen:
            for parameter in row["params"]:
                parameter.grad = None
