"""A document as PDF: A4, its lines and the foot, then every line's hours. The same document gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC
from functools import cache
from html import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from metering.domain.billing.invoice import Hour, Line
from serving.invoices.paper import SUBJECTS, Paper, amount_text

PLAIN, BOLD = "Vera", "VeraBd"
MISSING = "?"
"""Stands for a character that the font cannot draw."""

_GREY = colors.HexColor("#667085")
_RULE = colors.HexColor("#d0d5dd")
_MARGIN = 16 * mm
_WIDTH = A4[0] - 2 * _MARGIN


def pdf_of(paper: Paper) -> bytes:
    """The file."""
    written = io.BytesIO()
    heading = " ".join(filter(None, (paper.title, paper.number)))
    template = SimpleDocTemplate(
        written, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=heading, author="Lambdameter", subject=f"{paper.document.account.customer} {paper.period}", invariant=1)

    def foot(canvas: Canvas, _: SimpleDocTemplate) -> None:
        canvas.setFont(PLAIN, 7)
        canvas.setFillColor(_GREY)
        canvas.drawRightString(A4[0] - _MARGIN, 9 * mm, f"{paper.file_name} · page {canvas.getPageNumber()}")

    template.build([*_head(paper, heading), *_lines(paper), *_hours(paper)], onFirstPage=foot, onLaterPages=foot)
    return written.getvalue()


@cache
def _font() -> TTFont:
    """The plain font, registered with the bold one; both come with reportlab."""
    plain = TTFont(PLAIN, "Vera.ttf")
    registerFont(plain)
    registerFont(TTFont(BOLD, "VeraBd.ttf"))
    return plain


def drawable(text: str) -> str:
    """The text with a question mark for what the font has no shape for; both fonts have the same ones."""
    shapes = _font().face.charToGlyph
    return "".join(letter if ord(letter) in shapes and letter.isprintable() else MISSING for letter in text)


def _paragraph(text: str, size: float = 8.5, font: str = PLAIN) -> Paragraph:
    style = ParagraphStyle(font, fontName=font, fontSize=size, leading=size * 1.35, splitLongWords=1)
    return Paragraph(escape(drawable(text)), style)


def _head(paper: Paper, heading: str) -> list[Flowable]:
    account = paper.document.account
    facts = [
        ("Customer", account.customer), ("Name", paper.name), ("Mail", paper.email),
        ("Period", f"{account.period} to {paper.last_day}, UTC"), ("Currency", account.currency),
        ("Corrects", paper.corrects), ("Why", paper.document.why),
        ("Issued", f"{paper.issued_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, batch run {paper.batch_run}"
         if paper.issued_at else "not issued: this is not an invoice, its numbers may change")]
    rows = [[_paragraph(name, font=BOLD), _paragraph(text)] for name, text in facts if text]
    table = Table(rows, colWidths=[26 * mm, _WIDTH - 26 * mm], style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_TIGHT])
    return [_paragraph(heading, 17, BOLD), Spacer(0, 4 * mm), table, Spacer(0, 5 * mm)]


_TIGHT = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 3 * mm),
          ("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)]


def _table(head: Sequence[str], rows: Sequence[Sequence[object]], first_number: int) -> LongTable:
    """Columns as wide as their texts need, in the largest size that fits; paragraphs share what is left."""
    _font()
    cells: list[list[object]] = [list(head), *map(list, rows)]
    size, widths = next(
        (size, widths) for size in _SIZES if (widths := _widths(cells, size)) or size == _SIZES[-1])
    style = TableStyle([
        *_TIGHT, ("FONT", (0, 0), (-1, -1), PLAIN, size), ("FONT", (0, 0), (-1, 0), BOLD, size),
        ("TEXTCOLOR", (0, 0), (-1, 0), _GREY), ("ALIGN", (first_number, 0), (-1, -1), "RIGHT"),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0), ("LINEBELOW", (0, 0), (-1, -1), 0.3, _RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return LongTable(cells, colWidths=widths or None, style=style, repeatRows=1)


_SIZES = (7, 6, 5, 4, 3)
_GAP = 3.5 * mm
_LEAST_PARAGRAPH = 24 * mm


def _widths(cells: Sequence[Sequence[object]], size: float) -> list[float]:
    """The columns' widths in this size of type; empty where they do not fit the page."""
    wide = [_column_width(column, size) for column in zip(*cells, strict=True)]
    left, flexible = _WIDTH - sum(wide), wide.count(0)
    if left < flexible * _LEAST_PARAGRAPH:
        return []
    return [width + left / len(wide) if not flexible else width or left / flexible for width in wide]


def _column_width(column: Sequence[object], size: float) -> float:
    """What a column of texts needs; 0 for one with paragraphs, which wrap."""
    if any(isinstance(cell, Paragraph) for cell in column):
        return 0
    return max(stringWidth(str(cell), BOLD, size) for cell in column) + _GAP


def _lines(paper: Paper) -> list[Flowable]:
    """The lines and the foot, which is their sum."""
    currency = paper.document.account.currency
    head = ["Line", "Tariff", "Of", "Quantity", "Fixed", "Hours", "Rounding", *_change_names(paper.is_note)]
    rows = [_line_cells(position, line, paper.is_note) for position, line in enumerate(paper.lines, 1)]
    total = Table(
        [["Total", f"{amount_text(paper.total)} {currency}"]], colWidths=[_WIDTH / 2, _WIDTH / 2],
        style=[*_TIGHT, ("FONT", (0, 0), (-1, -1), BOLD, 11), ("ALIGN", (1, 0), (1, 0), "RIGHT"),
               ("RIGHTPADDING", (-1, 0), (-1, -1), 0)])
    return [_table(head, rows, 3), Spacer(0, 2 * mm), total]


def _line_cells(position: int, line: Line, is_note: bool) -> list[object]:
    changed = _old_and_new(line) if is_note else []
    return [
        str(position), _paragraph(f"{line.tariff} from {line.valid_from.astimezone(UTC):%Y-%m-%d %H:%M}", 7),
        _paragraph(SUBJECTS.get(line.subject, line.subject), 7), amount_text(line.quantity), amount_text(line.fixed),
        f"{len(line.hours)}: {amount_text(line.priced)}", amount_text(line.rounding), *changed,
        amount_text(line.amount)]


def _change_names(is_note: bool) -> list[str]:
    return ["Old", "New", "Difference"] if is_note else ["Amount"]


def _old_and_new(changed: Line | Hour) -> list[str]:
    return ["" if amount is None else amount_text(amount) for amount in (changed.old, changed.new)]


def _hours(paper: Paper) -> list[Flowable]:
    """An appendix: the hours of each line."""
    shown: list[Flowable] = []
    for position, line in enumerate(paper.lines, 1):
        if line.hours:
            shown += [Spacer(0, 7 * mm), _paragraph(f"Line {position}, {line.tariff}: hour by hour", 10, BOLD),
                      Spacer(0, 2 * mm), _hour_table(line.hours, paper.is_note)]
    return shown


def _hour_table(hours: Sequence[Hour], is_note: bool) -> LongTable:
    head = ["Hour, UTC", "Stream", "Revision", "Quantity", *_change_names(is_note)]
    rows = [[
        f"{hour.hour.astimezone(UTC):%Y-%m-%d %H:%M}", hour.topic, str(hour.revision), amount_text(hour.quantity),
        *(_old_and_new(hour) if is_note else []), amount_text(hour.amount)] for hour in hours]
    return _table(head, rows, 2)
