"""The commands that the pages tell people to type, and which of them the pages' test does not run.

A comment on the line above a block, which readers do not see, leaves commands out and names the file that covers them:
<!-- not run here: BEGINNING OF THE COMMAND: PATH -->
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
LANGUAGES = {"sh", "python", "c", "mermaid", ""}
_MARK = re.compile(r"^<!-- not run here: (.+?): (\S+) -->$")


@dataclass(frozen=True)
class Command:
    """A line for the shell.

    Attributes:
        page: its path within the repository.
        text: what is typed.
        covered: the file that runs it instead, within the repository; empty where the pages' test does.
    """

    page: str
    text: str
    covered: str = ""


def read_commands(page: str, text: str) -> list[Command]:
    """Return the commands of a page's `sh` blocks in order; a mark that leaves out nothing is an error."""
    commands: list[Command] = []
    marks: dict[str, str] = {}
    unused: set[str] = set()
    language: str | None = None
    for line in text.splitlines():
        if found := _MARK.match(line):
            marks[found[1]] = found[2]
            unused.add(found[1])
        elif language is not None:
            if line == "```":
                language, marks = None, {}
                assert not unused, f"{page}: marked, but not in the block: {unused}"
            elif language == "sh":
                beginnings = [beginning for beginning in marks if line.startswith(beginning)]
                commands.append(Command(page, line, *(marks[beginning] for beginning in beginnings)))
                unused.difference_update(beginnings)
        elif line.startswith("```"):
            language = line.removeprefix("```")
            assert language in LANGUAGES, f"{page}: {line}: expected one of {LANGUAGES}"
        else:
            assert not marks, f"{page}: a mark and then no block: {line}"
    assert language is None and not marks, f"{page}: ends in a block or a mark"
    return commands
