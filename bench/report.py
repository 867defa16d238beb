"""What the bench prints and keeps: tables for people, Markdown for the documentation, JSON for later comparisons."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.cases import Chapter, Finding, Sample
from bench.targets import TARGETS

OUT = Path(__file__).resolve().parent / "out"
SUMMARY_HEADS = ("row", "pass", "aim", "measured", "verdict")
SAMPLE_HEADS = ("case", "conn", "events/s", "p50 ms", "p99 ms", "failed", "server µs", "PG µs")


def chapter_text(chapter: Chapter) -> str:
    """Absolute figures, medians of all rounds with [lowest-highest] of the rate; then every ratio with its bar."""
    parts = [f"=== {chapter.name}", chapter.about]
    if chapter.rounds:
        parts += ["", table(SAMPLE_HEADS, _sample_rows(chapter))]
    parts += chapter.notes
    parts += ["", table(SUMMARY_HEADS, [_row(finding) for finding in chapter.findings])]
    return "\n".join([*parts, *(f"WRONG: {problem}" for problem in chapter.problems)])


def summary_text(chapters: Sequence[Chapter]) -> str:
    return table(SUMMARY_HEADS, _summary_rows(chapters))


def write(chapters: Sequence[Chapter], machine: dict[str, Any], options: dict[str, Any]) -> Path:
    """bench/out/<timestamp>.json with every sample of every round, and a .md beside it."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{datetime.now():%Y%m%d-%H%M%S}.json"
    content = {"machine": machine, "options": options, "chapters": [_as_json(chapter) for chapter in chapters]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    path.with_suffix(".md").write_text(markdown(chapters, machine, options))
    return path


def markdown(chapters: Sequence[Chapter], machine: dict[str, Any], options: dict[str, Any]) -> str:
    """The table of all bars, then the figures behind it."""
    where = ", ".join(f"{name} {value}" for name, value in machine.items())
    how = f"{options['rounds']} rounds, medians [lowest-highest]; µs are CPU time an event."
    parts = [f"{where}.\n\n{how}", _markdown_table(SUMMARY_HEADS, _summary_rows(chapters))]
    for chapter in chapters:
        parts.append(f"### {chapter.name.capitalize()}\n\n{' '.join(chapter.about.split())}")
        if chapter.rounds:
            parts.append(_markdown_table(SAMPLE_HEADS, _sample_rows(chapter)))
        parts += chapter.notes
        rest = [_row(finding) for finding in chapter.findings if finding.target is None]
        if rest:
            parts.append(_markdown_table(("beside", "measured"), [[row[0], row[3]] for row in rest]))
    return "\n\n".join(parts) + "\n"


def _summary_rows(chapters: Sequence[Chapter]) -> list[list[str]]:
    found = {finding.target: finding for chapter in chapters for finding in chapter.findings if finding.target}
    return [
        _row(found[target])
        if target in found
        else [target.title, target.bar(target.passes), target.bar(target.aim), "-", "not measured"]
        for target in TARGETS
    ]


def _row(finding: Finding) -> list[str]:
    target = finding.target
    if target is None:
        figure = ".2f" if max(finding.values, default=0) < 20 else ".0f"
        return [finding.title, "", "", spread(finding.values, figure), ""]
    measured = spread(finding.values, target.form)
    verdict = target.verdict(statistics.median(finding.values)) if finding.values else "not measured"
    return [finding.title, target.bar(target.passes), target.bar(target.aim), f"{measured}{target.unit}", verdict]


def _sample_rows(chapter: Chapter) -> list[list[str]]:
    return [_case_row([each[key] for each in chapter.rounds]) for key in chapter.rounds[0]]


def _case_row(samples: Sequence[Sample]) -> list[str]:
    first = samples[0]
    return [
        first.case,
        str(first.connections),
        spread([sample.rate for sample in samples], ".0f"),
        _median(samples, lambda sample: sample.p50, ".1f"),
        _median(samples, lambda sample: sample.p99, ".1f"),
        str(sum(sample.failed for sample in samples)),
        _median(samples, lambda sample: sample.server_cpu, ".0f"),
        _median(samples, lambda sample: sample.postgres_cpu, ".0f"),
    ]


def _median(samples: Sequence[Sample], value: Callable[[Sample], float | None], form: str) -> str:
    found = [measured for sample in samples if (measured := value(sample)) is not None]
    return format(statistics.median(found), form) if found else "-"


def spread(values: Sequence[float], form: str) -> str:
    """The median, with [lowest-highest] where there are several."""
    if not values:
        return "-"
    median = f"{statistics.median(values):{form}}"
    return median if len(values) == 1 else f"{median} [{min(values):{form}}-{max(values):{form}}]"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell: text to the left, figures to the right."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    left = {column for column in range(len(heads)) if any(row[column][:1].isalpha() for row in rows)}
    lines = [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [heads, *rows]
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _as_json(chapter: Chapter) -> dict[str, Any]:
    return {
        "name": chapter.name,
        "findings": [asdict(finding) for finding in chapter.findings],
        "problems": list(chapter.problems),
        "notes": list(chapter.notes),
        "rounds": [[sample.as_json() for sample in each.values()] for each in chapter.rounds],
    }
