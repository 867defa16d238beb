"""Whether validation rules hold of events and their customers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from common.jsons import JsonValue
from customers.models import Customer
from events.models import Event
from eventschema.schema import EventSchema, schemas_of
from projects.models import Project
from rules.clock import Clock
from rules.facts import Facts, no_event
from rules.judging import CompiledRule
from rules.segments import segments_among


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a rule holds of a customer and, where there is one, of an event with the schema that it fits."""

    rule: CompiledRule
    customer: Customer
    event: Event | None = None
    schema: EventSchema | None = None


def judge(project: Project, questions: Sequence[Question], *, now: datetime) -> list[bool]:
    """The answers, in order. One statement where some rule asks for segments, else none.

    Customers are judged as they are in memory, their segments as they stand before the event is reacted to.
    """
    segments = {key for question in questions for key in question.rule.asks_segments}
    asking = {question.customer.pk for question in questions if question.rule.asks_segments}
    members = segments_among(asking, segments)
    clock = Clock(now, project.zone)
    return [
        question.rule.holds(
            Facts(clock, question.customer, _reader(question), members.get(question.customer.pk, frozenset()))
        )
        for question in questions
    ]


def property_problem(project: Project, event: str) -> Callable[[str], str]:
    """For rules about events of that name: why they cannot ask for a property, "" where they can."""
    schema = schemas_of(project).get(event)

    def problem(name: str) -> str:
        compiled = schema.properties.by_key.get(name) if schema else None
        if compiled is None:
            return "" if schema and schema.takes_unknown else f"is no property of '{event}'"
        return f"is a geopoint of '{event}', which rules cannot ask for" if compiled.kind.name == "geopoint" else ""

    return problem


def _reader(question: Question) -> Callable[[str], JsonValue]:
    if question.event is None:
        return no_event
    if question.schema is None:
        metadata: Mapping[str, JsonValue] = question.event.metadata
        return metadata.get
    return partial(question.schema.value, question.event.metadata)
