"""The bars that Boon is held to: a row for each, in the order of the report's table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A figure's bar (`passes`) and what is wanted beyond it (`aim`); `at_least` says which side of them is good.

    `form` formats the figure and both bars, `unit` follows them.
    """

    title: str
    passes: float
    aim: float
    at_least: bool = False
    form: str = ".2f"
    unit: str = ""

    def verdict(self, figure: float) -> str:
        """ "aim", "pass" or "MISS"."""
        if self._meets(figure, self.aim):
            return "aim"
        return "pass" if self._meets(figure, self.passes) else "MISS"

    def _meets(self, figure: float, bar: float) -> bool:
        return figure >= bar if self.at_least else figure <= bar

    def bar(self, bar: float) -> str:
        return f"{'≥' if self.at_least else '≤'} {bar:{self.form}}{self.unit}"


SINGLE_8 = Target("single endpoint / floor, 8 connections", 0.45, 0.6, at_least=True)
SINGLE_32 = Target("single endpoint / floor, 32 connections", 0.7, 0.9, at_least=True)
BATCH = Target("batch of 1,000 / set-based batch floor, 4 connections", 0.5, 0.7, at_least=True)
WITHOUT_STORAGE = Target("CPU of the endpoint without storage / bare Django view", 2.5, 1.7)
GROWTH_SINGLE = Target("cost of a single event, grown database / new one", 1.25, 1.1)
GROWTH_BATCH = Target("cost of an event in a batch of 500, grown database / new one", 2.0, 1.3)
SQLITE_BATCH = Target("SQLite: batch of 1,000 / sqlite3 floor", 0.4, 0.6, at_least=True)
SQLITE_ERRORS = Target("SQLite: answers other than 2xx, 16 clients", 0, 0, form=".0f")
TAIL = Target("p99 / p50, 8 connections", 4.0, 3.0)
MEMORY = Target("resident memory of a worker after its events", 140, 110, form=".0f", unit=" MiB")
MEMORY_GROWTH = Target("its growth over the second half", 2.0, 2.0, form=".1f", unit=" %")
CODES = Target("codes made by the worker / COPY of the same rows", 0.4, 0.6, at_least=True)
BUILDER_OPEN = Target("builder: opening a page of 100 properties", 1.5, 1.0, unit=" s")
BUILDER_ADD = Target("builder: adding the hundredth property", 50, 25, form=".0f", unit=" ms")
BUILDER_KEY = Target("builder: a keystroke among 100 properties", 50, 16, form=".0f", unit=" ms")
BUILDER_SAMPLE = Target("builder: the example after a keystroke", 100, 50, form=".0f", unit=" ms")
LIST_LOOK_UP = Target("slowest look-up by id, source id, code or name, a million rows / a thousand", 1.5, 1.2)
LIST_PAGE = Target("page 99 / page 1 of a list of a million rows", 3.0, 2.0)
SEGMENT_BUFFERS = Target("segments: buffers of one event's work, with events stored / none", 1.1, 1.0)
SEGMENT_COUNT = Target("segments: “at least twice in 30 days” over all / bare index-only count", 1.5, 1.2)
SEGMENT_FILL = Target("segments: growth of a fill's memory over its second half", 8, 2, form=".1f", unit=" MiB")
OUTBOX = Target("deliveries through the outbox over Celery / bare Celery task, same workers", 0.5, 0.8, at_least=True)

TARGETS = (
    SINGLE_8,
    SINGLE_32,
    BATCH,
    WITHOUT_STORAGE,
    GROWTH_SINGLE,
    GROWTH_BATCH,
    SQLITE_BATCH,
    SQLITE_ERRORS,
    TAIL,
    MEMORY,
    MEMORY_GROWTH,
    CODES,
    BUILDER_OPEN,
    BUILDER_ADD,
    BUILDER_KEY,
    BUILDER_SAMPLE,
    LIST_LOOK_UP,
    LIST_PAGE,
    SEGMENT_BUFFERS,
    SEGMENT_COUNT,
    SEGMENT_FILL,
    OUTBOX,
)
