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
        "每个核的采样点数 n；每个点读取一个随机通道（见 `candidates`）。",
        "Sampling points n of a kernel; each reads one random channel (see `candidates`).",
    ),
    "model.routed.window": Text(
        "采样窗口的边长（奇数，像素），各阶段共用一个或每阶段一个；位置不会离开窗口，前向取整到像素。",
        "Odd side of the sampling window in pixels, one for all stages or one each; positions stay inside and are "
        "whole pixels in the forward pass.",
    ),
    "model.routed.code": Text(
        "n 个比较位如何变成一张图：`bit_pack` 拼成 n 位整数再过移位 ReLU；`binary` 不过 ReLU；`count` 计数；"
        "`majority` 多数表决。",
        "How n bits become a map: `bit_pack` makes an n-bit integer, then a shifted ReLU; `binary` leaves that integer "
        "as it is; `count` their number; `majority` one bit.",
    ),
    "model.routed.tau": Text(
        "比较的替代梯度的宽度，以图的取值范围为单位；不改变前向。",
        "Width of the comparison's surrogate gradient, in units of the maps; it leaves the forward pass alone.",
    ),
    "model.routed.tau_end": Text(
        "末轮的宽度，从 `tau` 沿余弦变到此值；`None` 表示始终为 `tau`。",
        "Width in the last epoch, reached from `tau` along a cosine; `None`: `tau` all along.",
    ),
    "model.routed.shrink": Text(
        "进入网络前按此边长的方块缩小图像：方块之和右移，即平均值向下取整；填不满方块的边缘被丢弃。",
        "Side of the blocks by which the image is reduced first: their sum shifted right, the average rounded down; "
        "what fills no block at the edge is dropped.",
    ),
    "model.routed.pool_at": Text(
        "这些阶段（从 0 数）之后，图像和所有的图都缩小一半：取每个 2×2 方块的最大值。",
        "After these stages (from 0) the image and all maps are halved: the largest of each 2×2 block.",
    ),
    "model.routed.candidates": Text(
        "训练时每个采样点可选的通道数，硬选择、梯度直通；1 表示通道固定。只改变表，不增大程序。",
        "Channels that each point chooses from in training, hard and straight through; 1: its channel is fixed. Only "
        "tables change, the program does not grow.",
    ),
    "model.routed.seed": Text(
        "每个采样点所读或可选的通道的随机种子。",
        "Seed of the channels that each point reads or chooses from.",
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
        "分类头的权重是 −L 到 L 的整数：`ternary`、`3bit`、`4bit` 对应 L = 1、L = 3、L = 7；`2bit` 为 −2 到 1。",
        "Weights of the head are integers from −L to L: `ternary`, `3bit` and `4bit` stand for L = 1, L = 3 and L = 7; "
        "those of `2bit` reach from −2 to 1.",
    ),
    "model.routed.head.step": Text(
        "读取窗口和的权重，其取整步长与平均绝对值之比；空：接近最小平方误差。越大，零越多，字节和加法越少。",
        "Rounding step of the weights that read the sums, over their mean size; none: near the least squared error. "
        "The larger, the more zeros, the fewer bytes and additions.",
    ),
    "model.routed.head.hidden": Text(
        "窗口和与得分之间的隐藏单元数，每个为 max(0, 和)；0：得分直接读窗口和。",
        "Hidden units, each max(0, sum), between the windows' sums and the scores; 0: the scores read the sums.",
    ),
    "model.routed.head.hidden_weights": Text(
        "隐藏单元的权重；`weights` 则是得分的权重。",
        "Weights of the hidden units; `weights` are then those of the scores.",
    ),
}
