"""Notes on the data and on what makes a run repeatable."""

from __future__ import annotations

from .bilingual import Text
from .explain_context import ExplainContext


def data_notes(context: ExplainContext) -> list[Text]:
    """Return the lines before the fields of data, seeds and device."""
    config = context.config
    notes = [
        Text(
            "**测试集**不参与训练与选择，只在最后评估时读取。",
            "**The test set** takes no part in training or selection; it is read for evaluation at the end.",
        )
    ]
    if config.data.val_size == 0:
        notes.append(
            Text(
                "**没有验证集**：训练准确率不能用来挑选模型，也不能代替测试准确率。",
                "**Nothing is held out**: a training accuracy is no ground for choosing a model "
                "and no substitute for a test accuracy.",
            )
        )
    if config.deterministic:
        notes.append(
            Text(
                f"**可复现**：种子 {config.seed}，同样的配置与环境给出同样的字节。",
                f"**Repeatable**: seed {config.seed}; the same configuration and environment give the same bytes.",
            )
        )
    else:
        notes.append(
            Text(
                f"**不保证可复现**：种子 {config.seed}，但允许非确定性算法。",
                f"**Not guaranteed repeatable**: seed {config.seed}, but algorithms may be nondeterministic.",
            )
        )
    return notes
