"""What each field of the model means, in both languages."""

from __future__ import annotations

from .bilingual import Text

MODEL_FIELDS: dict[str, Text] = {
    "model.lbp_layer.num_patterns": Text(
        "每个阶段的采样图案数 P，围绕中心点各自采样。",
        "Sampling patterns P of a stage, each placed around the pivot.",
    ),
    "model.lbp_layer.num_points": Text(
        "每个图案的采样点数 N；一个阶段在每个像素上比较 P·N 次。",
        "Sampling points N of a pattern; a stage makes P·N comparisons at each pixel.",
    ),
    "model.lbp_layer.window": Text(
        "采样窗口的边长（奇数，像素）；偏移被 tanh 限制在窗口之内。",
        "Odd side of the sampling window in pixels; tanh keeps every offset inside it.",
    ),
    "model.lbp_layer.share_across_channels": Text(
        "为真时所有输入通道共用一组偏移；为假时每个通道各学一组。",
        "If true, all input channels share one set of offsets; if false, each learns its own.",
    ),
    "model.lbp_layer.mode": Text(
        "`bits` 输出 P·N 个比较位；`weighted` 输出 P 张图，每张是其 N 个位的可学习加权和。",
        "`bits` puts out P·N comparison bits; `weighted` puts out P maps, each a learned weighted sum of its N bits.",
    ),
    "model.lbp_layer.channels": Text(
        "`average` 把各输入通道的位取平均；`route` 让每个采样点只读一个固定的随机通道，结果仍是二值。",
        "`average` averages the bits over the input channels; `route` lets each point read one "
        "fixed random channel, so the result stays binary.",
    ),
    "model.lbp_layer.alpha_init": Text(
        "比较的替代温度，越小越硬；只在 `temp_schedule.enable` 为假时生效。",
        "Surrogate temperature of the comparison, smaller is harder; used only where `temp_schedule.enable` is false.",
    ),
    "model.lbp_layer.learn_alpha": Text(
        "每个阶段再乘一个可学习的温度因子：阶段的 alpha = 计划值 × 因子。",
        "Gives each stage a learnable factor: the alpha of a stage = scheduled value × factor.",
    ),
    "model.lbp_layer.offset_init_std": Text(
        "原始偏移的初始正态分布的标准差（像素，tanh 之前）。",
        "Standard deviation of the normal distribution that raw offsets start from (pixels, before tanh).",
    ),
    "model.blocks.stages": Text(
        "阶段数；每个阶段依次为采样、融合、归一化、池化、残差相加、激活。",
        "Number of stages; each samples, fuses, normalises, pools, joins its residual, activates.",
    ),
    "model.blocks.channels_per_stage": Text(
        "各阶段的输出通道数 K。",
        "Output channels K of each stage.",
    ),
    "model.blocks.downsample_at": Text(
        "这些阶段（从 0 数起）的输出经 2×2 平均池化，边长减半。",
        "Stages, counted from 0, whose output is halved by 2×2 average pooling.",
    ),
    "model.blocks.fusion_type": Text(
        "`rp_paper`：固定随机选出 k 个位，计数后与阈值比较；`rp_linear`：稠密固定 ±1/√D 投影；"
        "`conv1x1`：可学习的 1×1 卷积，即论文的基线。",
        "`rp_paper`: k bits picked once at random, counted and compared with a threshold; "
        "`rp_linear`: a dense fixed ±1/√D projection; `conv1x1`: a learned 1×1 convolution, the "
        "paper's baseline.",
    ),
    "model.blocks.rp_config.n_bits_per_out": Text(
        "路由到每个输出通道的位数 k（不放回抽取）；融合的加法次数随 k − 1 增长。",
        "Bits k routed to each output channel, drawn without replacement; the additions of the fusion grow with k − 1.",
    ),
    "model.blocks.rp_config.seed": Text(
        "固定随机映射的种子；第 s 个阶段用（种子, s）生成。",
        "Seed of the fixed random maps; stage s draws from (seed, s).",
    ),
    "model.blocks.rp_config.threshold": Text(
        "触发所需的计数；`None` 时 `rp_paper` 取 ceil(k/2)，`rp_linear` 取 0。",
        "Count needed to fire; `None` means ceil(k/2) for `rp_paper` and 0 for `rp_linear`.",
    ),
    "model.blocks.rp_config.tau": Text(
        "门的替代温度，只在 `temp_schedule.enable` 为假时生效；不改变硬前向的判定。",
        "Surrogate temperature of the gate, used only where `temp_schedule.enable` is false; it "
        "never changes a decision of the hard forward pass.",
    ),
    "model.blocks.rp_config.use_ste": Text(
        "为真时比较位和门的前向始终是硬的，只有梯度用替代函数；为假时在硬化之前训练直接使用 sigmoid。",
        "If true, comparison bits and gates are hard in every forward pass and only the gradient is a "
        "surrogate; if false, training uses the sigmoids themselves until it hardens.",
    ),
    "model.classification_head.hidden": Text(
        "平均池化之后隐藏线性层的单元数。",
        "Units of the hidden linear layer, which reads averages.",
    ),
    "model.classification_head.dropout_rate": Text(
        "隐藏层之后的 Dropout 概率。",
        "Dropout probability after the hidden layer.",
    ),
    "model.classification_head.num_classes": Text(
        "类别数。",
        "Number of classes.",
    ),
    "model.classification_head.use_bn": Text(
        "隐藏线性层之后是否做 BatchNorm。",
        "Whether BatchNorm follows the hidden linear layer.",
    ),
    "model.rp_layer.gate_logits_init": Text(
        "门偏置的初始值；正值让门在训练初期更容易打开。",
        "Initial value of the gate biases; a positive one lets gates open early in training.",
    ),
}
