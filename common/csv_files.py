"""CSV files as senders bring them (RFC 4180): the text, and its lines as cells."""

import csv
from collections.abc import Iterator
from io import StringIO

from common.refusals import InvalidPayload


def text_of(raw: bytes) -> str:
    """The text of a file, without the mark of its byte order. Raises InvalidPayload where it cannot be stored."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidPayload.at("file", "The file must be in UTF-8", code="encoding") from error
    if "\x00" in text:
        raise InvalidPayload.at("file", "The file holds a NUL character", code="character")
    return text


def lines_of(text: str) -> Iterator[list[str]]:
    """The cells of each line; an empty line has none. Raises InvalidPayload, once it comes to what is no CSV."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise InvalidPayload.at("file", f"Line {reader.line_num} is no CSV: {error}", code="csv") from error
