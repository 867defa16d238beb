"""The page that tries a definition out: a form made from its published version, and what came of the event."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from common.formfields import LinesField
from common.jsons import InvalidJson, JsonObject, JsonValue, check_limits, dumps, parse
from common.refusals import FieldError, Refusal
from common.theme import dress
from customers.models import Customer
from events.acceptance import accept_events
from events.admin_timeline import declined, timeline_of
from events.admin_trace import Names, details, effect_in_words
from events.outcomes import Accepted, Outcome, Replayed
from events.payloads import LONGEST_CODE, TEST, Source, parse_event
from eventschema.admin_finding import find_definition
from eventschema.admin_sample import described
from eventschema.models import EventDefinition
from eventschema.property_types import is_number
from eventschema.publishing import published_version
from eventschema.schema import EventSchema, schemas_of
from eventschema.spec import PropertySpec, living_specs
from projects.forms import sentence_of
from projects.models import Project, Role
from projects.pages import Link, Panel, Step, Timeline, change_link, new_group_id, page_context

LONGEST_SOURCE_ID = 255


class TryForm(forms.Form):
    """The event, field by field. Only its shape is checked here: what is wrong with it, acceptance tells."""

    customer = forms.CharField(
        max_length=LONGEST_SOURCE_ID, initial="alex@example.com", help_text="Your own id of the customer (source_id)."
    )
    referral = forms.CharField(label="Referral code", required=False, max_length=LONGEST_CODE)
    is_real = forms.BooleanField(
        label="Store the event and give its rewards",
        required=False,
        help_text="Without it this is a dry run: everything is tried, and nothing is kept.",
    )

    def __init__(self, schema: EventSchema, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.event_name = schema.name
        self.specs = [spec for spec in schema.specs if not spec.deleted]
        for place, spec in enumerate(self.specs):
            self.fields[_field_name(place)] = _field(spec, schema.properties.by_key[spec.name].demand)
        dress(self)
        self.order_fields(["customer", *map(_field_name, range(len(self.specs))), "referral", "is_real"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            check_limits(self.body())
        except InvalidJson as error:
            raise ValidationError(str(error).replace("The body", "The event"), code="limit") from error
        return cleaned

    def body(self) -> JsonObject:
        """The event as a sender would write it."""
        said = self.cleaned_data
        body: JsonObject = {
            "event": self.event_name,
            "customer": {"source_id": said.get("customer")},
            "metadata": {
                spec.name: _value(spec, said[_field_name(place)])
                for place, spec in enumerate(self.specs)
                if said.get(_field_name(place))
            },
        }
        return body | ({"referral": {"code": said["referral"]}} if said.get("referral") else {})


def _field_name(place: int) -> str:
    return f"property-{place}"


def _field(spec: PropertySpec, demand: str) -> forms.Field:
    """What asks for a property's value; a text wherever a sender could be wrong, too."""
    about = f"{spec.description} " if spec.description else ""
    help_text = f"{about}{demand[:1].upper()}{demand[1:]}."
    common: dict[str, Any] = {"label": spec.name, "required": False, "help_text": help_text}
    if spec.array:
        return LinesField(**common | {"help_text": f"{help_text} One per line."})
    if spec.type == "boolean":
        return forms.ChoiceField(choices=[("", "–"), ("true", "Yes"), ("false", "No")], **common)
    if spec.type == "object":
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}), **common)
    return forms.CharField(strip=False, **common)


def _value(spec: PropertySpec, said: str | Sequence[str]) -> JsonValue:
    return _scalar(spec.type, said) if isinstance(said, str) else [_scalar(spec.type, item) for item in said]


def _scalar(kind: str, text: str) -> JsonValue:
    """A text as its type's JSON; what is none of that type goes as the text that it is, and is refused for it."""
    if kind not in ("number", "boolean", "object"):
        return text
    try:
        value = parse(text.strip().encode())
    except (InvalidJson, UnicodeEncodeError):
        return text
    fits = {"number": is_number(value), "boolean": isinstance(value, bool), "object": isinstance(value, dict)}
    return value if fits[kind] else text


def try_page(admin: Any, request: HttpRequest, definition_id: UUID) -> HttpResponse:
    """Raises Http404 for what the user does not see, PermissionDenied for what they only read."""
    definition = find_definition(request, definition_id, Role.MARKETER)
    schema = schemas_of(definition.project).get(definition.name)
    context = page_context(admin, request, f"Try {definition}") | {
        "definition": definition,
        "schema": schema,
        "back": admin.url("change", definition.pk),
    }
    if schema is not None:
        form = TryForm(schema, request.POST if request.method == "POST" else None)
        context |= {"form": form, "sample": _sample(definition, form.specs)}
        if form.is_valid():
            context["answer"] = tried(definition.project, form.body(), is_real=form.cleaned_data["is_real"])
    return TemplateResponse(request, "admin/eventschema/try.html", context)


def _sample(definition: EventDefinition, specs: Iterable[PropertySpec]) -> JsonObject:
    """What static/boon/try.js fills the fields with: examples of the published properties and their nested schemas."""
    version = published_version(definition)
    nested = version.schema.get("nested", {}) if version else {}
    return {
        "properties": [described(spec) for spec in specs],
        "nested": {name: [described(spec) for spec in living_specs(schema)] for name, schema in nested.items()},
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a test event, for a page. `link` leads to the stored event."""

    is_accepted: bool
    sentence: str
    panels: Sequence[Panel | Timeline]
    sent: str
    link: Link | None = None


def tried(project: Project, body: JsonObject, *, is_real: bool) -> Answer:
    """Sends the event as the test channel; a dry run unless `is_real`."""
    try:
        payload = parse_event(body, Source(TEST, new_group_id()))
        [outcome] = accept_events(project=project, payloads=[payload], now=datetime.now(UTC), dry_run=not is_real)
    except Refusal as refusal:
        outcome = refusal
    return _answer(project, outcome, dumps(body), is_real=is_real)


def _answer(project: Project, outcome: Outcome, sent: str, *, is_real: bool) -> Answer:
    if isinstance(outcome, Refusal):
        kept = "" if not is_real else " It is among the rejected events, if it was refused for its name or metadata."
        said = outcome.message if outcome.errors else sentence_of(outcome)
        return Answer(False, f"Refused: {said}.{kept}", [_errors(outcome.errors)] if outcome.errors else [], sent)
    assert not isinstance(outcome, Replayed), "an event without a key is never a replay"
    if is_real:
        link = change_link("events_event", outcome.event.pk, "The event")
        return Answer(True, "Accepted and stored.", [timeline_of(outcome.event, None)], sent, link)
    return Answer(True, "Accepted. This was a dry run: nothing is stored.", [_dry_timeline(project, outcome)], sent)


def _errors(errors: Iterable[FieldError]) -> Panel:
    rows = [[error.path, error.code, error.message] for error in errors]
    return Panel("What is wrong", ["Field", "Code", "What is wrong"], rows)


class _NamesOfWhatIsThere(Names):
    """Links nothing that a dry run would have made: it is gone."""

    def link(self, text: str) -> Link | None:
        link = super().link(text)
        return link if link and link.text != text else None


def _dry_timeline(project: Project, accepted: Accepted) -> Timeline:
    return Timeline("What would come of it", list(_dry_steps(project, accepted)))


def _dry_steps(project: Project, accepted: Accepted) -> Iterator[Step]:
    yield Step("accepted", "Accepted", f"Checked by version {accepted.event.version} of {accepted.event.name}.")
    names = _NamesOfWhatIsThere(project, accepted.effects)
    customers = Customer.objects.filter(project=project, pk__in={effect.customer_id for effect in accepted.effects})
    known = {customer.pk: customer for customer in customers}
    for effect in accepted.effects:
        whom = known.get(effect.customer_id)
        link = change_link("customers_customer", whom.pk, str(whom)) if whom else None
        yield Step("effect", effect_in_words(effect), details(names, effect), link, effect.kind)
    for skip in accepted.skips:
        yield declined(names, skip.as_json())
