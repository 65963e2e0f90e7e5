"""The table of verbs and roles in docs/roles.md, made from the rules.

``python -m bot.roles_table`` writes it; a test keeps it true.
"""

import re
from pathlib import Path

from db.model.grants import Role
from executor.rules.access import LEAST, Verb

PAGE = Path(__file__).parent.parent / "docs" / "roles.md"
BEGIN, END = "<!-- roles: begin -->", "<!-- roles: end -->"


def table() -> str:
    """Return who may do what as a Markdown table: verbs in the order of the rules, by role."""
    rows = [f"| to | {' | '.join(Role)} |", f"|---|{':-:|' * len(Role)}"]
    for verb in Verb:
        marks = ["✓" if role.rank >= LEAST[verb].rank else "" for role in Role]
        rows.append(f"| {verb} | {' | '.join(marks)} |")
    return "\n".join(rows)


def with_table(text: str) -> str:
    """Return *text* with the table between its marks made anew; ValueError without marks."""
    marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"no {BEGIN} … {END} in the text")
    return marked.sub(lambda _: f"{BEGIN}\n{table()}\n{END}", text)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
