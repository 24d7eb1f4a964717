"""Checks of values and combinations, made before any work starts."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from ..errors import ConfigError
from .data import DataConfig
from .family import require_own_fields
from .literature_validation import validate_published, validate_published_images
from .model import ModelConfig
from .routed import LARGEST_WEIGHT
from .run import RunConfig


def validate(config: RunConfig) -> RunConfig:
    """Return `config` unchanged if every value and combination is possible.

    Raises:
        ConfigError: names the first field that is out of range or contradicts another.
    """
    _validate_finite(config)
    require_own_fields(config)
    validate_model(config.model)
    _validate_data(config.data)
    if config.model.family == "routed":
        _validate_windows(config)
    elif config.model.family == "residual":
        _validate_feature_map(config)
    else:
        validate_published_images(config, _image_sides(config), _need)
    _validate_training(config)
    _validate_schedules(config)
    _validate_regularisers(config)
    return config


def _need(condition: bool, field: str, expected: str, got: object) -> None:
    if not condition:
        raise ConfigError(f"{field}: expected {expected}, got {got!r}")


def _validate_finite(config: Any, prefix: str = "") -> None:
    # JSON and the command line both read NaN and Infinity, which pass or fail comparisons by accident.
    for field in dataclasses.fields(config):
        value, name = getattr(config, field.name), f"{prefix}{field.name}"
        if dataclasses.is_dataclass(value):
            _validate_finite(value, f"{name}.")
        elif isinstance(value, float):
            _need(math.isfinite(value), name, "a finite number", value)


def validate_model(model: ModelConfig) -> None:
    """Check the structure of a network.

    Raises:
        ConfigError: names the field.
    """
    classes = model.classification_head.num_classes
    _need(classes >= 2, "model.classification_head.num_classes", ">= 2", classes)
    if model.family == "routed":
        _validate_routed(model)
    elif model.family == "residual":
        _validate_residual(model)
    else:
        validate_published(model, _need)


def _validate_routed(model: ModelConfig) -> None:
    routed, head = model.routed, model.routed.head
    stages = len(routed.kernels)
    _need(
        stages >= 1 and all(k >= 1 for k in routed.kernels),
        "model.routed.kernels",
        "at least one width, all >= 1",
        routed.kernels,
    )
    _need(1 <= routed.points <= 8, "model.routed.points", "1 to 8 (maps are bytes)", routed.points)
    _need(
        all(3 <= side <= 255 and side % 2 == 1 for side in routed.windows()) and len(routed.windows()) == stages,
        "model.routed.window",
        f"an odd number from 3 to 255, or {stages} of them (one a stage)",
        routed.window,
    )
    _need(routed.tau > 0, "model.routed.tau", "> 0", routed.tau)
    _need(routed.tau_end is None or routed.tau_end > 0, "model.routed.tau_end", "> 0", routed.tau_end)
    _need(routed.shrink in (1, 2, 4), "model.routed.shrink", "1, 2 or 4", routed.shrink)
    _need(
        all(0 <= stage < stages for stage in routed.pool_at) and len(set(routed.pool_at)) == len(routed.pool_at),
        "model.routed.pool_at",
        f"distinct stages from 0 to {stages - 1}",
        routed.pool_at,
    )
    _need(1 <= routed.candidates <= 64, "model.routed.candidates", "1 to 64", routed.candidates)
    _need(0 <= routed.seed < 2**32, "model.routed.seed", "0 to 2^32 - 1", routed.seed)
    _need(head.pool >= 1, "model.routed.head.pool", ">= 1", head.pool)
    _need(head.step is None or 0 < head.step <= 8, "model.routed.head.step", "above 0, at most 8", head.step)
    _need(0 <= head.hidden <= 4096, "model.routed.head.hidden", "0 to 4096", head.hidden)
    if head.hidden == 0 and head.hidden_weights != "ternary":
        raise ConfigError(
            f"model.routed.head.hidden_weights: '{head.hidden_weights}' has no effect without hidden units; leave it "
            "at 'ternary', or set model.routed.head.hidden"
        )
    _need(0 <= head.first_stage < stages, "model.routed.head.first_stage", f"0 to {stages - 1}", head.first_stage)


def _validate_residual(model: ModelConfig) -> None:
    lbp, blocks, head = model.lbp_layer, model.blocks, model.classification_head
    rp = blocks.rp_config
    _need(lbp.num_patterns >= 1, "model.lbp_layer.num_patterns", ">= 1", lbp.num_patterns)
    _need(lbp.num_points >= 1, "model.lbp_layer.num_points", ">= 1", lbp.num_points)
    _need(
        3 <= lbp.window <= 255 and lbp.window % 2 == 1,
        "model.lbp_layer.window",
        "an odd number from 3 to 255",
        lbp.window,
    )
    _need(lbp.alpha_init > 0, "model.lbp_layer.alpha_init", "> 0", lbp.alpha_init)
    _need(lbp.offset_init_std >= 0, "model.lbp_layer.offset_init_std", ">= 0", lbp.offset_init_std)
    _need(blocks.stages >= 1, "model.blocks.stages", ">= 1", blocks.stages)
    widths = blocks.channels_per_stage
    _need(
        len(widths) == blocks.stages,
        "model.blocks.channels_per_stage",
        f"{blocks.stages} widths (model.blocks.stages)",
        widths,
    )
    _need(all(w >= 1 for w in widths), "model.blocks.channels_per_stage", "widths >= 1", widths)
    down = blocks.downsample_at
    _need(
        all(0 <= s < blocks.stages for s in down) and len(set(down)) == len(down),
        "model.blocks.downsample_at",
        f"distinct stages from 0 to {blocks.stages - 1}",
        down,
    )
    if blocks.fusion_type == "rp_paper":
        bits = lbp.num_patterns * lbp.num_points
        _need(
            1 <= rp.n_bits_per_out <= bits,
            "model.blocks.rp_config.n_bits_per_out",
            f"1 to {bits} (num_patterns x num_points)",
            rp.n_bits_per_out,
        )
        if lbp.mode == "weighted":
            raise ConfigError(
                "model.lbp_layer.mode: 'weighted' maps are not bits, and model.blocks.fusion_type 'rp_paper' "
                "counts bits; use mode 'bits', or fusion_type 'rp_linear' or 'conv1x1'"
            )
    _need(rp.tau > 0, "model.blocks.rp_config.tau", "> 0", rp.tau)
    _need(0 <= rp.seed < 2**32, "model.blocks.rp_config.seed", "0 to 2^32 - 1", rp.seed)
    _need(head.hidden >= 1, "model.classification_head.hidden", ">= 1", head.hidden)
    _need(0 <= head.dropout_rate < 1, "model.classification_head.dropout_rate", "0 <= p < 1", head.dropout_rate)


def _validate_data(data: DataConfig) -> None:
    sides = data.image_size if isinstance(data.image_size, tuple) else (data.image_size,)
    _need(all(s >= 1 for s in sides), "data.image_size", ">= 1", data.image_size)
    _need(data.in_channels >= 1, "data.in_channels", ">= 1", data.in_channels)
    _need(data.val_size >= 0, "data.val_size", ">= 0", data.val_size)
    _need(0 <= data.split_seed < 2**32, "data.split_seed", "0 to 2^32 - 1", data.split_seed)
    _need(data.num_workers >= 0, "data.num_workers", ">= 0", data.num_workers)
    limit = data.train_limit
    _need(limit is None or limit > data.val_size, "data.train_limit", "more than data.val_size", limit)
    aug = data.augment
    _need(0 <= aug.shift < min(sides), "data.augment.shift", f"0 to {min(sides) - 1}, less than the image", aug.shift)
    _need(aug.rotation <= 180, "data.augment.rotation", "0 to 180 degrees", aug.rotation)
    _need(aug.shear <= 80, "data.augment.shear", "0 to 80 degrees", aug.shear)
    for name in ("rotation", "shear", "elastic_alpha"):
        _need(getattr(aug, name) >= 0, f"data.augment.{name}", ">= 0", getattr(aug, name))
    _need(0 <= aug.scale <= 0.99, "data.augment.scale", "0 to 0.99", aug.scale)
    _need(aug.elastic_sigma > 0, "data.augment.elastic_sigma", "> 0", aug.elastic_sigma)


def _image_sides(config: RunConfig) -> tuple[int, int]:
    size = config.data.image_size
    return size if isinstance(size, tuple) else (size, size)


def _validate_windows(config: RunConfig) -> None:
    routed, head = config.model.routed, config.model.routed.head
    height, width = (routed.sides(side)[-1] for side in _image_sides(config))
    _need(
        1 <= head.pool <= min(height, width),
        "model.routed.head.pool",
        f"1 to {min(height, width)}, the smaller side of the last {height}x{width} maps (after shrink and pool_at)",
        head.pool,
    )
    # A pixel lies in two windows along a side at most.
    maps = sum(routed.kernels[head.first_stage :])
    pixels = min(height + head.pool, 2 * height) * min(width + head.pool, 2 * width)
    reading = LARGEST_WEIGHT[head.hidden_weights if head.hidden else head.weights]
    largest = reading * maps * pixels * routed.largest_feature()
    if largest >= 2**24:
        raise ConfigError(
            f"model.routed: sums of up to {largest:,} are not exact in fp32 (2^24 at most); use fewer kernels or "
            "points, model.routed.head.first_stage, smaller weights or model.routed.shrink"
        )
    highest = LARGEST_WEIGHT[head.weights] * head.hidden * largest
    if highest >= 2**31:
        raise ConfigError(
            f"model.routed.head.hidden: scores of up to {highest:,} leave 32 bits; use fewer hidden units or kernels"
        )


def _validate_feature_map(config: RunConfig) -> None:
    height, width = _image_sides(config)
    halvings = len(config.model.blocks.downsample_at)
    _need(
        min(height, width) >> halvings >= 1,
        "model.blocks.downsample_at",
        f"at most {min(height, width).bit_length() - 1} halvings of a {height}x{width} image",
        config.model.blocks.downsample_at,
    )


def _validate_training(config: RunConfig) -> None:
    t = config.training
    _need(t.epochs >= 1, "training.epochs", ">= 1", t.epochs)
    _need(t.schedule_epochs is None or t.schedule_epochs >= 1, "training.schedule_epochs", ">= 1", t.schedule_epochs)
    _need(t.batch_size >= 2, "training.batch_size", ">= 2 (BatchNorm needs two images)", t.batch_size)
    _need(t.lr > 0, "training.lr", "> 0", t.lr)
    _need(0 <= t.min_lr <= t.lr, "training.min_lr", "0 <= min_lr <= training.lr", t.min_lr)
    _need(t.weight_decay >= 0, "training.weight_decay", ">= 0", t.weight_decay)
    _need(t.patience >= 1, "training.patience", ">= 1", t.patience)
    _need(t.min_delta >= 0, "training.min_delta", ">= 0", t.min_delta)
    _need(0 <= t.label_smoothing < 1, "training.label_smoothing", "0 <= s < 1", t.label_smoothing)
    _need(t.distillation.temperature > 0, "training.distillation.temperature", "> 0", t.distillation.temperature)
    _need(0 <= t.distillation.share <= 1, "training.distillation.share", "0 to 1", t.distillation.share)
    _need(all(0 <= b < 1 for b in config.optim.betas), "optim.betas", "0 <= beta < 1", config.optim.betas)
    clip = config.gradient_clipping
    _need(clip.max_norm > 0, "gradient_clipping.max_norm", "> 0", clip.max_norm)
    _need(0 <= config.ema.decay < 1, "ema.decay", "0 <= decay < 1", config.ema.decay)
    _need(0 <= config.seed < 2**32, "seed", "0 to 2^32 - 1", config.seed)
    _need(config.device.devices >= 1, "device.devices", ">= 1", config.device.devices)
    threads = config.device.threads
    _need(threads is None or threads >= 1, "device.threads", ">= 1", threads)
    if config.deterministic and config.benchmark:
        raise ConfigError(
            "benchmark: True lets cuDNN pick algorithms by timing; set deterministic False, or benchmark False"
        )
    for name in ("lbp_offsets", "lbp_alpha", "rp_gates", "classification_head", "lbp_channels"):
        group = getattr(config.optimizer_groups, name)
        _need(group.lr_mult >= 0, f"optimizer_groups.{name}.lr_mult", ">= 0", group.lr_mult)
        _need(group.wd_mult >= 0, f"optimizer_groups.{name}.wd_mult", ">= 0", group.wd_mult)
    for name in ("gates", "offsets", "base"):
        value = getattr(config.optim.lr_mult, name)
        _need(value >= 0, f"optim.lr_mult.{name}", ">= 0", value)


def _validate_schedules(config: RunConfig) -> None:
    length = config.training.schedule_epochs or config.training.epochs
    within = f"0 to {length} (the schedule's length)"
    warmup = config.training.warmup_epochs
    _need(0 <= warmup <= length, "training.warmup_epochs", within, warmup)
    temp = config.temp_schedule
    for name in ("alpha_start", "alpha_end", "tau_start", "tau_end"):
        _need(getattr(temp, name) > 0, f"temp_schedule.{name}", "> 0", getattr(temp, name))
    freeze, offsets = config.freeze_schedule, config.freeze_schedule.freeze_offsets_epochs
    if config.model.family != "convolutional":
        _need(0 <= offsets <= length, "freeze_schedule.freeze_offsets_epochs", within, offsets)
        _need(0 <= freeze.settle_epochs <= length, "freeze_schedule.settle_epochs", within, freeze.settle_epochs)
    if config.model.family != "residual":
        return
    for name in ("freeze_gates_extra_epochs", "freeze_gate_epochs"):
        value = getattr(freeze, name)
        _need(value is None or 0 <= value <= length, f"freeze_schedule.{name}", within, value)
    hard = config.hard_finetune
    if hard.enable:
        _need(0 <= hard.start_epoch < length, "hard_finetune.start_epoch", f"0 to {length - 1}", hard.start_epoch)
    _need(hard.lr_mult > 0, "hard_finetune.lr_mult", "> 0", hard.lr_mult)
    _need(hard.bn_recal_batches >= 1, "hard_finetune.bn_recal_batches", ">= 1", hard.bn_recal_batches)
    guard = config.stability
    _need(guard.window >= 1, "stability.window", ">= 1", guard.window)
    _need(0 < guard.acc_drop_thr < 1, "stability.acc_drop_thr", "0 < threshold < 1", guard.acc_drop_thr)
    _need(0 <= guard.alive_upper <= 1, "stability.alive_upper", "0 to 1", guard.alive_upper)
    _need(guard.consecutive >= 1, "stability.consecutive", ">= 1", guard.consecutive)
    _need(guard.soften_factor >= 1, "stability.soften_factor", ">= 1", guard.soften_factor)
    _need(guard.soften_epochs >= 1, "stability.soften_epochs", ">= 1", guard.soften_epochs)


def _validate_regularisers(config: RunConfig) -> None:
    alive, margin, radius = config.alive_ratio_reg, config.gate_margin, config.offset_radius_reg
    _need(0 <= alive.target <= 1, "alive_ratio_reg.target", "0 to 1", alive.target)
    for name, reg in (("alive_ratio_reg", alive), ("gate_margin", margin), ("offset_radius_reg", radius)):
        _need(reg.weight >= 0, f"{name}.weight", ">= 0", reg.weight)
    _need(margin.margin >= 0, "gate_margin.margin", ">= 0", margin.margin)
    _need(radius.radius >= 0, "offset_radius_reg.radius", ">= 0", radius.radius)
    if config.model.family == "residual" and config.model.blocks.fusion_type == "conv1x1":
        # A 1x1 convolution has no gates: a regulariser on them would be a setting that does nothing.
        for name, reg in (("alive_ratio_reg", alive), ("gate_margin", margin)):
            if reg.enable:
                raise ConfigError(
                    f"{name}.enable: True, but model.blocks.fusion_type 'conv1x1' has no gates; set it False"
                )
