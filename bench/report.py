"""What the bench prints and keeps: tables for people, JSON for later comparisons."""

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.cases import HEADLINE, RATIOS, Ratio, Sample

OUT = Path(__file__).resolve().parent / "out"
# A round: at each number of connections a sample a case, by its name.
Round = dict[int, dict[str, Sample]]


def tables(rounds: Sequence[Round]) -> str:
    """Medians of all rounds, [lowest-highest] of what matters; then every ratio at every number of connections."""
    counts = list(rounds[0])
    names = list(rounds[0][counts[0]])
    measured = [_case_row([each[count][name] for each in rounds]) for count in counts for name in names]
    compared = [[ratio.title, *(_ratio_cell(ratio, rounds, count) for count in counts)] for ratio in RATIOS]
    return "\n".join(
        [
            _table(["conn", "case", "req/s", "p50 ms", "p99 ms", "non-2xx", "server us", "PG us"], measured),
            "",
            _table(["ratio, median [min-max] of rounds", *(f"{count} conn" for count in counts)], compared),
        ]
    )


def headline(rounds: Sequence[Round], connections: int) -> str:
    return f"{HEADLINE.title}, at {connections} connections: {_ratio_cell(HEADLINE, rounds, connections)}"


def write(rounds: Sequence[Round], machine: dict[str, Any], options: dict[str, Any], problems: Iterable[str]) -> Path:
    """bench/out/<timestamp>.json: every sample of every round."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{datetime.now():%Y%m%d-%H%M%S}.json"
    content = {
        "machine": machine,
        "options": options,
        "problems": list(problems),
        "ratios": {ratio.title: {count: _ratios(ratio, rounds, count) for count in rounds[0]} for ratio in RATIOS},
        "rounds": [[sample.as_json() for by_case in each.values() for sample in by_case.values()] for each in rounds],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def _case_row(samples: Sequence[Sample]) -> list[str]:
    first = samples[0]
    return [
        str(first.connections),
        first.case,
        _spread([sample.rate for sample in samples], ".0f"),
        _median(samples, lambda sample: sample.p50, ".1f"),
        _median(samples, lambda sample: sample.p99, ".1f"),
        str(sum(sample.failed for sample in samples)),
        _median(samples, lambda sample: sample.server_cpu, ".0f"),
        _median(samples, lambda sample: sample.postgres_cpu, ".0f"),
    ]


def _ratios(ratio: Ratio, rounds: Sequence[Round], connections: int) -> list[float]:
    found = (ratio.of(each[connections]) for each in rounds)
    return [value for value in found if value is not None]


def _ratio_cell(ratio: Ratio, rounds: Sequence[Round], connections: int) -> str:
    return _spread(_ratios(ratio, rounds, connections), ".2f")


def _median(samples: Sequence[Sample], value: Callable[[Sample], float | None], form: str) -> str:
    found = [measured for sample in samples if (measured := value(sample)) is not None]
    return format(statistics.median(found), form) if found else "-"


def _spread(values: Sequence[float], form: str) -> str:
    if not values:
        return "-"
    return f"{statistics.median(values):{form}} [{min(values):{form}}-{max(values):{form}}]"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
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
