"""Names of machines and interfaces, made to fit the rule for identifiers."""

from __future__ import annotations

import re

_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9._:-]+")
_LONGEST = 64


def cleaned(name: str, otherwise: str) -> str:
    """`name` with a dash for what the rule forbids, begun with a letter or digit; `otherwise` if none is left.

    >>> cleaned("Vera's laptop", "machine"), cleaned("__", "machine")
    ('Vera-s-laptop', 'machine')
    """
    return _NOT_ALLOWED.sub("-", name).lstrip("._:-")[:_LONGEST] or otherwise
