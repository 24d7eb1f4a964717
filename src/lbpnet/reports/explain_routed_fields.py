"""What the family and each field of the routed network mean, in both languages."""

from __future__ import annotations

from .bilingual import Text

ROUTED_FIELDS: dict[str, Text] = {
    "model.family": Text(
        "`residual` 是种子的网络；`routed` 是不做乘法的网络；`literature` 是论文的网络；`convolutional` 是其卷积基线。"
        "别族的字段必须保持默认值。",
        "`residual` is the seed's network, `routed` the one that never multiplies, `literature` the paper's, "
        "`convolutional` its baselines. Fields of other families must keep their defaults.",
    ),
    "model.routed.kernels": Text(
        "各阶段的核数 K；每个阶段读取图像和之前所有阶段的图。",
        "Kernels K of each stage; a stage reads the image and the maps of all stages before it.",
    ),
    "model.routed.points": Text(
        "每个核的采样点数 n；每个点固定读取一个随机通道。",
        "Sampling points n of a kernel; each reads one fixed random channel.",
    ),
    "model.routed.window": Text(
        "采样窗口的边长（奇数，像素）；位置不会离开窗口，前向取整到像素。",
        "Odd side of the sampling window in pixels; positions stay inside and are whole pixels in the forward pass.",
    ),
    "model.routed.code": Text(
        "n 个比较位如何变成一张图：`bit_pack` 拼成 n 位整数再过移位 ReLU；`count` 计数；`majority` 多数表决。",
        "How n bits become a map: `bit_pack` makes an n-bit integer, then a shifted ReLU; `count` their number; "
        "`majority` one bit.",
    ),
    "model.routed.tau": Text(
        "比较的替代梯度的宽度，以图的取值范围为单位；不改变前向。",
        "Width of the comparison's surrogate gradient, in units of the maps; it leaves the forward pass alone.",
    ),
    "model.routed.shrink": Text(
        "进入网络前按此边长的方块缩小图像：方块之和右移，即平均值向下取整；填不满方块的边缘被丢弃。",
        "Side of the blocks by which the image is reduced first: their sum shifted right, the average rounded down; "
        "what fills no block at the edge is dropped.",
    ),
    "model.routed.seed": Text(
        "每个采样点所读通道的随机种子。",
        "Seed of the channel that each point reads.",
    ),
    "model.routed.head.pool": Text(
        "每边的窗口数 G；分类头读取每张图在 G×G 个窗口里的和。",
        "Windows G along a side; the head reads the sums of each map over G×G windows.",
    ),
    "model.routed.head.first_stage": Text(
        "分类头只读这一阶段及其后的图，从不直接读图像。",
        "The head reads the maps of this stage and later ones, never the image itself.",
    ),
    "model.routed.head.weights": Text(
        "分类头的权重是 −L 到 L 的整数：`ternary`、`3bit`、`4bit` 对应 L = 1、L = 3、L = 7。",
        "Weights of the head are integers from −L to L: `ternary`, `3bit` and `4bit` stand for L = 1, L = 3 and L = 7.",
    ),
}
