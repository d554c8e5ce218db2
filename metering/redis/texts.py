"""What Redis answers, as text."""

from __future__ import annotations

from typing import Any


def readable(answer: bytes | str) -> str:
    """A key or member as text; what is not UTF-8 in it becomes a question mark, which is in none of our keys."""
    return answer if isinstance(answer, str) else answer.decode("utf-8", "replace")


def read_text(answer: Any) -> tuple[str | None, str | None]:
    """A value as text, or why it is none; both None where there is no such key. `answer`: bytes, None or an error."""
    if answer is None:
        return None, None
    if isinstance(answer, Exception):
        return None, str(answer)
    try:
        return answer.decode(), None
    except UnicodeDecodeError:
        return None, "UTF-8"
