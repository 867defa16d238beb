"""Files that nobody should import: a bad row is rejected alone, a file without rows is not begun."""

import os
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from events.models import Event
from tests.commands.imports import HEADER, problems
from tests.world import balances

pytestmark = pytest.mark.django_db

HOSTILE_TABLE = {
    "a nul": (b"paid,,b\x00en,1\n", [(2, "row", "unstorable")]),
    "no utf-8": (b"paid,,b\xffen,1\n", [(2, "row", "encoding")]),
    "a surrogate": (b"paid,,\xed\xa0\x80,1\n", [(2, "row", "encoding")]),
    "a cell too many": (b"paid,,ben,1,2\n", [(2, "row", "columns")]),
    "a cell too few": (b"paid,,ben\n", [(2, "row", "columns")]),
    "more behind a quote": (b'paid,,"ben"x,1\n', [(2, "row", "csv")]),
    "a quote that stays open": (b'paid,,"ben,1\n', [(2, "row", "csv")]),
    "a quote that stays open before other rows": (
        b'paid,,"ben,1\n' + b"paid,,cleo,1\n" * 150,
        [(2, "row", "csv")],
    ),
    "a carriage return": (b"paid,,b\ren,1\n", [(2, "row", "csv")]),
    "a long line": (b"paid,,ben," + b"1" * 300_000 + b"\n", [(2, "row", "length")]),
    "a long cell": (b"paid,,ben," + b"1" * 200_000 + b"\n", [(2, "row", "csv")]),
    "nobody": (b"paid,,,1\n", [(2, "customer", "required")]),
    "no event": (b",,ben,1\n", [(2, "event", "required")]),
    "an id too long": (b"paid," + b"x" * 201 + b",ben,1\n", [(2, "id", "length")]),
}


@pytest.mark.parametrize("case", HOSTILE_TABLE)
def test_a_hostile_row_of_a_table_is_rejected_alone(project, paid, run, case):
    content, expected = HOSTILE_TABLE[case]

    code, counts, rows = run("events.csv", HEADER.encode() + content + b"paid,last,ada,1\n")

    assert (code, counts[2], problems(rows)) == (1, 1, expected)
    assert balances(project)["ada"] == 1
    assert counts[0] == len(content.splitlines()) if "other rows" in case else counts[0] == 1


GOOD = b'{"event": "paid", "customer": {"source_id": "ada"}}\n'
HOSTILE_LINES = {
    "a nul": b'{"event": "paid", "customer": {"source_id": "b\\u0000"}}',
    "a lone surrogate": b'{"event": "paid", "customer": {"source_id": "\\ud800"}}',
    "1e400": b'{"event": "paid", "customer": {"source_id": "b"}, "metadata": {"amount": 1e400}}',
    "NaN": b'{"event": "paid", "customer": {"source_id": "b"}, "metadata": {"amount": NaN}}',
    "a key twice": b'{"event": "paid", "event": "paid", "customer": {"source_id": "b"}}',
    "no json": b"paid;ben",
    "half a line": b'{"event": "paid", "customer"',
    "no utf-8": b'"\xff"',
    "no object": b"[]",
    "100,000 levels": b"[" * 100_000,
    "a long line": b'"' + b"x" * 300_000 + b'"',
}


@pytest.mark.parametrize("case", HOSTILE_LINES)
def test_a_hostile_line_is_rejected_alone(project, paid, run, case):
    code, counts, rows = run("events.jsonl", HOSTILE_LINES[case] + b"\n" + GOOD)

    assert (code, counts) == (1, (1, 0, 1))
    assert [(row["rejected"]["line"], row["rejected"]["key"]) for row in rows] == [(1, "invalid_payload")]
    assert balances(project) == {"ada": 1}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_byte_order_mark_and_other_line_ends_are_no_matter(project, paid, run, start, end):
    table = start + end.join([HEADER.strip().encode(), b"paid,,ben,1", b"", b'paid,,"two\nlines",1'])
    lines = start + GOOD.strip() + end + GOOD.strip() + end

    results = run("events.csv", table), run("events.jsonl", lines)

    assert results == ((0, (2, 0, 0), []), (0, (2, 0, 0), []))
    assert balances(project) == {"ben": 1, "two\nlines": 1, "ada": 2}


def refused(project, path, *options):
    """(exit code, sentence) of an import that cannot be."""
    with pytest.raises(CommandError) as raised:
        call_command("import_events", str(path), "--project", project.slug, *options, stdout=StringIO())
    return raised.value.returncode, str(raised.value).replace(str(path), "FILE")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf", "The first line names no column 'event'"),
        (b"a,b\n", "There is no column 'a', 'b'"),
        (b"event,event\n", "A column stands twice in the first line"),
        (b"id,metadata.\n", "There is no column 'metadata.'"),
        (b"id\n", "The first line names no column 'event'"),
        (b"ev\xffent\n", "The line is not UTF-8 (byte 2)"),
        (b'"event\n', "The row is not CSV: unexpected end of data"),
    ],
)
def test_a_table_without_usable_columns_is_not_begun(project, paid, tmp_path, content, sentence):
    path = tmp_path / "events.csv"
    path.write_bytes(content)

    assert refused(project, path) == (2, f"FILE cannot be imported. {sentence}")
    assert [item.name for item in tmp_path.iterdir()] == ["events.csv"]


def test_what_is_no_readable_file_is_said_in_one_line(project, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "good.jsonl").write_bytes(GOOD)

    assert refused(project, tmp_path / "folder.csv") == (2, "FILE cannot be imported. It is no file")
    assert refused(project, tmp_path / "pipe.csv") == (2, "FILE cannot be imported. It is no file")
    assert refused(project, tmp_path / "none.csv") == (2, "FILE cannot be imported. There is no such file")
    assert refused(project, tmp_path / "loop.csv")[0] == 2
    assert refused(project, tmp_path / "good.txt") == (2, "What is FILE? Say --format csv or --format jsonl")
    assert refused(project, tmp_path / "good.jsonl", "--batch", "0") == (2, "--batch must be from 1 to 1000")
    assert refused(project, tmp_path / "good.jsonl", "--rejected", f"{tmp_path}/folder.csv") == (
        2,
        f"{tmp_path}/folder.csv: Is a directory",
    )
    assert refused(project, tmp_path / "good.jsonl", "--rejected", f"{tmp_path}/good.jsonl") == (
        2,
        "FILE cannot be imported. The rejected rows need a file of their own",
    )
    assert Event.objects.count() == 0
