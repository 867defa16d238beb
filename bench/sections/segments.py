"""Segments: one event's work, counting over everybody, and filling."""

from bench import inside
from bench.cases import Chapter, Finding
from bench.cluster import private_cluster
from bench.options import Options
from bench.targets import SEGMENT_BUFFERS, SEGMENT_COUNT, SEGMENT_FILL

ABOUT = """A project with {people} customers and a segment “paid at least twice within 30 days”. What one event's
segment work reads (EXPLAIN BUFFERS, the median of 19 customers) is compared before and after {events} events are
stored; counting whom the filter fits, with the same count on the index alone, by turns; a fill of the segment in one
process, whose memory may not grow over its second half."""


def measured(options: Options) -> Chapter:
    with private_cluster() as database:
        found = inside.call(
            "bench.segments",
            str(options.rounds),
            str(options.segment_customers),
            str(options.grown),
            database_url=database.url,
        )
    (new_statements, statements), (new_buffers, buffers) = found["statements"], found["buffers"]
    problems = [*found["wrong"]]
    if statements != new_statements:
        problems.append(f"{statements} statements with events stored, {new_statements} without")
    findings = [
        Finding(SEGMENT_BUFFERS.title, (buffers / new_buffers,), SEGMENT_BUFFERS),
        Finding(SEGMENT_COUNT.title, tuple(found["counting"]), SEGMENT_COUNT),
        Finding(SEGMENT_FILL.title, (found["fill_growth_mib"],), SEGMENT_FILL),
        Finding("counting by the filter, ms", tuple(found["ours_ms"])),
        Finding("counting on the index alone, ms", tuple(found["bare_ms"])),
    ]
    notes = [
        f"{statements} statements and {buffers} buffers an event, {new_buffers} before; "
        f"{found['fill_members']} members found in {found['fill_seconds']:.0f} s"
    ]
    return Chapter(
        "segments", ABOUT.format(people=found["people"], events=found["stored"]), [], findings, problems, notes
    )
