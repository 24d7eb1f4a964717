"""What the evaluated forward paths are called."""

from __future__ import annotations

from .bilingual import Text

PATH_TITLES: dict[str, Text] = {
    "train_path": Text("训练路径", "training path"),
    "hard": Text("硬路径", "hard path"),
    "hard_bn_recal": Text("硬路径 + BN 重校准", "hard path + BN recalibration"),
    "hard_rounded": Text("硬路径，整像素采样 + BN 重校准", "hard path, whole-pixel samples + BN recalibration"),
    "integer": Text("整数前向", "integer forward pass"),
    "forward": Text("前向", "forward pass"),
}
