"""The lines of a file, one at a time, however many and however long they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

# Bytes of one line, as of one request.
LONGEST_LINE = 256 * 1024
BOM = b"\xef\xbb\xbf"


class Unreadable(ValueError):
    """A line that holds no event; `code` is the machine word, `str()` the sentence, `text` what there is of it."""

    def __init__(self, code: str, message: str, text: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1, `end` is the byte behind it. Of a line that is too long, `raw` is the beginning."""

    number: int
    end: int
    raw: bytes

    def checked(self) -> bytes:
        """Raises Unreadable."""
        if len(self.raw) > LONGEST_LINE:
            raise Unreadable("length", f"The line is longer than {LONGEST_LINE} bytes", self.shown())
        return self.raw

    def text(self) -> str:
        """Raises Unreadable."""
        try:
            return self.checked().decode()
        except UnicodeDecodeError as error:
            raise Unreadable("encoding", f"The line is not UTF-8 (byte {error.start})", self.shown()) from error

    def shown(self) -> str:
        return self.raw.decode(errors="replace").rstrip("\r\n")


def lines_of(file: BinaryIO, *, number: int = 1, offset: int = 0) -> Iterator[Line]:
    """The lines from `offset` on, the first of them having that `number`; a byte order mark is left out."""
    file.seek(offset)
    end = offset
    while raw := file.readline(LONGEST_LINE + 1):
        end += len(raw)
        if len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):
            end += _skip_rest(file)
        yield Line(number, end, raw.removeprefix(BOM) if number == 1 else raw)
        number += 1


def _skip_rest(file: BinaryIO) -> int:
    """Reads to the end of the line; how many bytes that were."""
    skipped = 0
    while raw := file.readline(LONGEST_LINE):
        skipped += len(raw)
        if raw.endswith(b"\n"):
            break
    return skipped
