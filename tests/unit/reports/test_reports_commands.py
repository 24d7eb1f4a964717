"""A command that is shown names nobody's folders."""

from __future__ import annotations

import pytest

from lbpnet.reports.results_page import without_folders


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("lbpnet ablate /a/b/rows.json --threads 1 --root /a/runs", "lbpnet ablate rows.json --threads 1"),
        ("lbpnet ablate benchmarks/rows.json --root=runs", "lbpnet ablate benchmarks/rows.json"),
        ("lbpnet train --training.distillation.teacher /a/t42/", "lbpnet train --training.distillation.teacher t42"),
        ("lbpnet train x --data.root=/a/b/pictures --out q", "lbpnet train x --data.root=pictures"),
        ("lbpnet train x --training.lr 0.01", "lbpnet train x --training.lr 0.01"),
    ],
)  # fmt: skip
def test_a_shown_command_has_no_folders_of_its_machine(command: str, shown: str) -> None:
    assert without_folders(command) == shown
