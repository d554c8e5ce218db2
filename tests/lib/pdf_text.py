"""The text of a PDF as reportlab writes it, read back from its bytes: each page's pieces in the order drawn.

Standard library only. A piece is shown in a subset font whose ToUnicode map tells what its codes mean.
"""

from __future__ import annotations

import base64
import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_SHOW = re.compile(rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

Codes = dict[int, str]


def pdf_pages(file: bytes) -> list[list[str]]:
    """Every page's pieces of text."""
    objects = {int(number): body for number, body in _OBJECT.findall(file)}
    fonts = _fonts(objects)
    pages = [body for body in objects.values() if re.search(rb"/Type /Page\b", body)]
    return [_pieces(_stream(objects[_reference(body, b"Contents")]), fonts) for body in pages]


def _reference(body: bytes, name: bytes) -> int:
    found = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    assert found, name
    return int(found[1])


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found
    raw = found[1]
    if b"/ASCII85Decode" in body:
        raw = base64.a85decode(raw.strip().removesuffix(b"~>"))
    return zlib.decompressobj().decompress(raw) if b"/FlateDecode" in body else raw


def _fonts(objects: dict[int, bytes]) -> dict[bytes, Codes]:
    """What a page calls a font → its codes; reportlab gives one name to one font in the whole file."""
    named = {
        name: int(number) for body in objects.values()
        for name, number in re.findall(rb"/(F\d+(?:\+\d+)?) (\d+) 0 R", body)}
    return {
        name: _codes(_stream(objects[_reference(objects[number], b"ToUnicode")]))
        for name, number in named.items() if b"/ToUnicode" in objects[number]}


def _codes(table: bytes) -> Codes:
    codes: Codes = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, letters in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            codes[int(code, 16)] = bytes.fromhex(letters.decode()).decode("utf-16-be")
    return codes


def _pieces(content: bytes, fonts: dict[bytes, Codes]) -> list[str]:
    pieces, codes = [], Codes()
    for name, shown in _SHOW.findall(content):
        if name:
            codes = fonts.get(name, {})
        else:
            pieces.append("".join(codes.get(code, chr(code)) for code in _unescaped(shown)))
    return pieces


def _unescaped(shown: bytes) -> bytes:
    def plain(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code.isdigit() else _LETTERS.get(code, code)

    return _ESCAPE.sub(plain, shown)
