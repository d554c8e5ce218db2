"""Where static files come from that other packages bring."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bokeh
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage


class _BokehFiles(FileSystemStorage):
    """A folder whose files get addresses that begin with bokeh/."""

    prefix = "bokeh"


class BokehFinder(BaseFinder):
    """Gives `bokeh/bokeh.min.js` of the installed wheel, and nothing else of its folder."""

    files = {"bokeh/bokeh.min.js": "bokeh.min.js"}

    def __init__(self, *given: Any, **named: Any) -> None:
        self._storage = _BokehFiles(Path(bokeh.__file__).parent / "server" / "static" / "js")

    def check(self, **options: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **options: Any) -> Any:
        """The file's place on disk, or an empty list."""
        name = self.files.get(path)
        if name is None:
            return []
        found = self._storage.path(name)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, FileSystemStorage]]:
        """What collectstatic copies."""
        return [(name, self._storage) for name in self.files.values()]
