"""What people type, as words that can be read: quotes, dashes and links of any keyboard."""

import re
import shlex

from db.model.errors import InvalidInput

_DOUBLE, _SINGLE = "\u201c\u201d\u201e\u201f\u00ab\u00bb", "\u2018\u2019\u201a\u201b"
_QUOTES = str.maketrans(dict.fromkeys(_DOUBLE, '"') | dict.fromkeys(_SINGLE, "'") | {"\u00a0": " "})
_LONG_DASH = re.compile(r"(?<!\S)[\u2013\u2014](?=\w)")  # what a phone makes of two hyphens
_LINK = re.compile(r"<(?:mailto:|tel:|https?://)[^<>|]*\|([^<>]*)>|<(https?://[^<>|]*)>")


def legible(text: str) -> str:
    """Return *text* with a ? for each half of a character: no database takes those."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def split(text: str) -> list[str]:
    """Return the words of what a person typed; quotes keep words together, nothing else is special.

    Undone first: curly quotes and long dashes of phones, Slack's entities and its links.
    """
    plain = _LINK.sub(lambda link: link[1] or link[2], text)
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    lexer = shlex.shlex(_LONG_DASH.sub("--", plain.translate(_QUOTES)), posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
    try:
        return list(lexer)
    except ValueError:
        raise InvalidInput(
            "A quotation mark is opened there and never closed, so nothing was done.",
            hint="Put a value with spaces or an apostrophe in double quotes, "
            'for example `city="Santa Bárbara d\'Oeste"`.',
        ) from None
