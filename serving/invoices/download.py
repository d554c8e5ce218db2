"""A document as a file to take away: CSV with a row a part, or PDF."""

from __future__ import annotations

from dataclasses import astuple, fields

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from serving.csv_stream import csv_response
from serving.invoices.paper import Paper, Part
from serving.invoices.pdf import pdf_of

PART_COLUMNS = tuple(field.name for field in fields(Part))


def csv_download(paper: Paper) -> HttpResponseBase:
    """Its parts, and as the last row the foot."""
    return csv_response(f"{paper.file_name}.csv", PART_COLUMNS, map(astuple, paper.parts()))


def pdf_download(paper: Paper) -> HttpResponseBase:
    """The PDF, opened by browsers that can."""
    response = HttpResponse(pdf_of(paper), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{paper.file_name}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


DOWNLOADS = {"csv": csv_download, "pdf": pdf_download}
