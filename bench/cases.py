"""What is measured (cases), what was (samples), and what of it is compared (ratios)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench import processes, saying
from bench.databases import Books
from bench.loads import Load
from bench.server import Server
from bench.targets import Target
from common.ids import uuid7

API, FLOOR = "API", "FLOOR"

# A case's name and its connections.
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Case:
    """A way to load the system over a number of connections: `load(connections, seconds)`.

    `channel` is that of the events that it stores, None where it stores none; `size` how many events an answer stands
    for. `books` are those of the database under it.
    """

    name: str
    connections: int
    load: Callable[[int, int], Load]
    books: Books
    channel: str | None = None
    server: Server | None = None
    size: int = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """One case in one round. CPU is in microseconds an event; None where unknown."""

    case: str
    connections: int
    size: int
    answered: int  # events
    stored: int | None
    failed: int  # answers
    rate: float  # events a second
    p50: float  # milliseconds an answer
    p99: float
    server_cpu: float | None
    postgres_cpu: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def cost(self) -> float | None:
        """All CPU time that an event takes, the server's and the database's, in microseconds."""
        parts = [part for part in (self.server_cpu, self.postgres_cpu) if part is not None]
        return sum(parts) if parts else None


# A sample of every case.
Round = dict[Key, Sample]


@dataclass(frozen=True, slots=True)
class Ratio:
    """`value` of one case divided by that of another, in one round."""

    title: str
    over: Key
    under: Key
    value: Callable[[Sample], float | None]
    target: Target | None = None

    def finding(self, rounds: Sequence[Round]) -> "Finding":
        found = (self._of(each) for each in rounds)
        return Finding(self.title, tuple(value for value in found if value is not None), self.target)

    def _of(self, samples: Round) -> float | None:
        over, under = self.value(samples[self.over]), self.value(samples[self.under])
        return over / under if over is not None and under else None


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure of every round (or the only one there is), and the bar for their median, where it has one."""

    title: str
    values: tuple[float, ...]
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one section of the bench found. `about` says how to read it, `problems` are sentences, none where all is
    well; `notes` are absolute figures beside those of the rounds."""

    name: str
    about: str
    rounds: Sequence[Round]
    findings: Sequence[Finding]
    problems: Sequence[str]
    notes: Sequence[str] = ()


def measure(case: Case, seconds: int) -> Sample:
    """Runs a case and takes the CPU time of the server's and the database's processes around it."""
    since = uuid7()
    before = _cpu(case)
    load = case.load(case.connections, seconds)
    case.books.wait_until_quiet()
    server, postgres = (_spent(earlier, later) for earlier, later in zip(before, _cpu(case), strict=True))
    stored = case.books.stored_since(since, case.channel) if case.channel else None
    # What was under way when time was up is stored, and has cost CPU, but was not answered.
    answered = load.answered * case.size
    events = max(stored or answered, 1)
    server = load.cpu if load.cpu is not None else server
    return Sample(
        case=case.name,
        connections=case.connections,
        size=case.size,
        answered=answered,
        stored=stored,
        failed=load.failed,
        rate=answered / load.seconds,
        p50=load.p50,
        p99=load.p99,
        server_cpu=None if server is None else server / events,
        postgres_cpu=None if postgres is None or stored is None else postgres / events,
    )


def run_rounds(cases: Iterable[Case], rounds: int, seconds: int) -> tuple[list[Round], list[Sample]]:
    """Every case in every round, after a round that warms up and is not counted; also all samples, for the books.

    The databases are tidied after the warm-up: what they planned for empty tables they plan anew.
    """
    found = list(cases)
    warm_up = [measure(case, seconds) for case in found]
    for books in {id(case.books): case.books for case in found}.values():
        books.tidy()
    counted: list[Round] = []
    for number in range(1, rounds + 1):
        saying.say(f"  round {number} of {rounds}")
        counted.append({(case.name, case.connections): measure(case, seconds) for case in found})
    return counted, [*warm_up, *(sample for each in counted for sample in each.values())]


def _cpu(case: Case) -> tuple[int | None, int | None]:
    server = processes.cpu_microseconds(case.server.pid) if case.server else None
    postmaster = case.books.database.pid
    return server, processes.cpu_microseconds(postmaster) if postmaster else None


def _spent(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before
