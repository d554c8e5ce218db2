"""CSV for downloads: streamed row by row, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.http import StreamingHttpResponse

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ROWS_A_CHUNK = 500  # of the few dozen bytes a row has: some 30 KiB a write


class _Echo:
    """A file whose write gives back what it got."""

    def write(self, text: str) -> str:
        return text


def csv_response(
    file_name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """A download of `rows` under `header`, made while it is sent."""
    response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["Cache-Control"] = "no-store"
    return response


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines, several at a time."""
    writer = csv.writer(_Echo())
    chunk = [writer.writerow(header)]
    for row in rows:
        chunk.append(writer.writerow([csv_cell(value) for value in row]))
        if len(chunk) == _ROWS_A_CHUNK:
            yield "".join(chunk)
            chunk.clear()
    yield "".join(chunk)


def csv_cell(value: object) -> object:
    """A value as a cell: times with their offset, absent ones empty, text that a spreadsheet would run quoted.

    >>> csv_cell("=cmd()"), csv_cell(True), csv_cell(-5)
    ("'=cmd()", 'true', -5)
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def file_name(subject: str, start: datetime, end: datetime) -> str:
    """Name of a download with its range in it; no colons, which some systems refuse."""
    first, last = (moment.strftime("%Y-%m-%dT%H-%M%z") for moment in (start, end))
    return f"{subject}_{first}_{last}.csv"
