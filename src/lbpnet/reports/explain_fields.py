"""The table of explanations: one entry for each leaf of `RunConfig`, keyed by its dotted path."""

from __future__ import annotations

from .bilingual import Text
from .explain_data_fields import DATA_FIELDS
from .explain_literature_fields import LITERATURE_FIELDS
from .explain_model_fields import MODEL_FIELDS
from .explain_routed_fields import ROUTED_FIELDS
from .explain_schedule_fields import SCHEDULE_FIELDS
from .explain_training_fields import TRAINING_FIELDS

EXPLANATIONS: dict[str, Text] = {
    **MODEL_FIELDS,
    **ROUTED_FIELDS,
    **LITERATURE_FIELDS,
    **TRAINING_FIELDS,
    **SCHEDULE_FIELDS,
    **DATA_FIELDS,
}
