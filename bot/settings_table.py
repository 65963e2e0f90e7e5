"""The settings table in README.md, made from ``Settings``.

``python -m bot.settings_table`` writes it; a test keeps it true.
"""

import re
from enum import Enum
from pathlib import Path

from pydantic.fields import FieldInfo

from bot.settings import PREFIX, Settings

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"


def table() -> str:
    """Return the settings as a Markdown table, in the order of the class."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    rows += [
        f"| `{PREFIX}{name.upper()}` | {_default(info)} | {info.description} |"
        for name, info in Settings.model_fields.items()
    ]
    return "\n".join(rows)


def with_table(text: str) -> str:
    """Return *text* with the table between its marks made anew; ValueError without marks."""
    marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"no {BEGIN} … {END} in the text")
    return marked.sub(lambda _: f"{BEGIN}\n{table()}\n{END}", text)


def _default(info: FieldInfo) -> str:
    value = info.default.value if isinstance(info.default, Enum) else info.default
    return f"`{value}`" if value or value == 0 else ""


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
