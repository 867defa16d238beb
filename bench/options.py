"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds` is the time of one case in one round; `grown` how many events a grown database holds, `listed` how
    many customers and codes one whose lists are read, `codes` how many the worker makes, `deliveries` how many it
    delivers."""

    rounds: int = 5
    seconds: int = 2
    connections: tuple[int, ...] = (1, 8, 32)
    customers: int = 50_000
    grown: int = 2_000_000
    segment_customers: int = 1_000_000
    memory_events: int = 100_000
    in_process_rounds: int = 25
    listed: int = 1_000_000
    codes: int = 100_000
    deliveries: int = 20_000


# Whether everything works, in little time; the figures mean nothing.
QUICK = Options(
    rounds=1,
    seconds=2,
    connections=(8, 32),
    customers=2_000,
    grown=20_000,
    memory_events=6_000,
    in_process_rounds=2,
    listed=20_000,
    codes=5_000,
    deliveries=1_000,
    segment_customers=5_000,
)
