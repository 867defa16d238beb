"""The form of a segment: a row for each condition, which becomes a filter of the contract's grammar."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from common.refusals import FieldError, Refusal
from common.theme import dress
from customers.models import Customer
from projects.forms import DomainForm, for_people
from projects.models import Project
from rules.operators import OPERATORS, Kind
from rules.wording import OPERATOR_WORDS, WITHOUT_VALUES, texts_of
from segments.catalogue import OTHER_METADATA, Catalogue, catalogue_of
from segments.filters import MOST_CONDITIONS, event_of, parse_filter
from segments.models import Segment, SegmentType

MOST_ABOUT_ONE_EVENT = 9
_NUMBERED = re.compile(r"(?P<field>events\..+\.(count|last_at|first_at))(_[2-9])?\Z", re.DOTALL)
OPERATOR_CHOICES = list(OPERATOR_WORDS.items())


class ConditionForm(forms.Form):
    """One condition. `catalogue` is what the project has."""

    field = forms.ChoiceField(label="What")
    key = forms.CharField(label="Key", max_length=200, required=False)
    operator = forms.ChoiceField(label="How", choices=OPERATOR_CHOICES)
    values = forms.CharField(label="Value", required=False, widget=forms.Textarea(attrs={"rows": 1}), strip=False)
    within_days = forms.IntegerField(label="Within days", required=False, min_value=1)
    property = forms.ChoiceField(label="Where property", required=False)
    property_operator = forms.ChoiceField(label="How", required=False, choices=OPERATOR_CHOICES)
    property_values = forms.CharField(
        label="Value", required=False, widget=forms.Textarea(attrs={"rows": 1}), strip=False
    )

    def __init__(self, *args: Any, catalogue: Catalogue, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        own: Any = self.fields
        own["field"].choices = [("", "Choose…"), *catalogue.choices()]
        # A property is named with its event, since a row may choose any.
        own["property"].choices = [
            ("", "Any"),
            *(
                (event, [(f"{event}\t{name}", name) for name in names])
                for event, names in catalogue.properties.items()
                if names
            ),
        ]
        dress(self)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("field") == OTHER_METADATA and not said.get("key"):
            self.add_error("key", "Say which key.")
        return said

    def as_part(self) -> tuple[str, str, JsonObject]:
        """(field, operator, what stands behind the field in a filter)."""
        said = self.cleaned_data
        field = said["field"] + said["key"] if said["field"] == OTHER_METADATA else said["field"]
        part: JsonObject = {"conditions": _conditions(said["operator"], said["values"])}
        event = event_of(field)
        if event is not None and said["within_days"]:
            part["within_days"] = said["within_days"]
        owner, _, name = said["property"].rpartition("\t")
        if event is not None and name and owner == event:
            conditions = _conditions(said["property_operator"], said["property_values"])
            part["where"] = {f"metadata.{name}": {"conditions": conditions}}
        return field, said["operator"], part


def _conditions(operator: str, text: str) -> JsonObject:
    if operator in WITHOUT_VALUES:
        return {operator: [True] if operator == "$next_month" else ""}
    values = [line.strip("\r") for line in text.split("\n")]
    return {operator: [value for value in values if value] or [""]}


ConditionFormSet: Any = forms.formset_factory(
    ConditionForm, extra=0, can_delete=True, max_num=MOST_CONDITIONS, absolute_max=MOST_CONDITIONS
)


class SegmentForm(DomainForm):
    """`rows` is the formset of the conditions."""

    naming_field = "name"
    junction = forms.ChoiceField(
        label="Customers fit if",
        choices=[("and", "all conditions hold"), ("or", "any condition holds")],
        required=False,
    )
    members = forms.CharField(
        required=False,
        label="Customers",
        widget=forms.Textarea(attrs={"rows": 4, "data-shown-when": "type=static"}),
        help_text="Of a static segment: one id or source id on each line.",
    )

    class Meta:
        model = Segment
        fields = ["project", "name", "type"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.stored: JsonObject | None = self.instance.filter
        if self.stored is not None:
            self.initial["junction"] = str(self.stored.get("junction", "and")).lower()
        self.project = self.chosen_project()
        self.catalogue = catalogue_of(self.project) if self.project else Catalogue({}, {})
        shown = rows_of(self.stored, self.catalogue) if self.stored else []
        self.is_beyond_rows = shown is None
        data = self.data if self.is_bound and "rows-TOTAL_FORMS" in self.data else None
        self.rows = ConditionFormSet(
            data, prefix="rows", initial=shown or [], form_kwargs={"catalogue": self.catalogue}
        )
        if not shown and not self.is_bound:
            self.rows.extra = 1

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        project = self.project
        kind = self.instance.type if self.instance.pk and "type" not in self.fields else said.get("type")
        if project is None:
            return said
        if kind == SegmentType.STATIC:
            said["customers"] = _customer_ids(project, said.get("members", ""))
        elif self.is_beyond_rows:
            said["filter"] = self.stored
        elif not self.rows.is_valid():
            self.add_error(None, "Some conditions cannot be used as they are.")
        else:
            built = self._filter(project, said.get("junction") or "and")
            # What rows say in other letters only, stays as it was sent.
            is_same = self.stored is not None and _plainly(built) == _plainly(self.stored)
            said["filter"] = self.stored if is_same else built
        return said

    def show(self, refusal: Refusal) -> None:
        listed = [error for error in refusal.errors if error.path.startswith("customers")]
        for error in listed:
            self.add_error("members", error.message)
        if not listed:
            super().show(refusal)

    def _filter(self, project: Project, junction: str) -> JsonObject:
        filled = [row for row in self.rows.forms if row.cleaned_data.get("field") and not row.cleaned_data["DELETE"]]
        built, named = join_rows([row.as_part() for row in filled], junction)
        for place, field in enumerate(named):
            if field is None:
                filled[place].add_error("field", "There is another condition of this kind; put the values together.")
        _, errors = parse_filter(project, built)
        for error in errors:
            self._show(error, {field: row for row, field in zip(filled, named, strict=True) if field})
        if any(row.errors for row in filled):
            self.add_error(None, "Some conditions cannot be used as they are.")
        return built

    def _show(self, error: FieldError, rows: Mapping[str, Any]) -> None:
        """Puts an error of the filter beside the row that it is about."""
        path = error.path.removeprefix("filter.")
        row = next((row for field, row in rows.items() if path == field or path.startswith(f"{field}.")), None)
        if row is None:
            self.add_error(None, "Say at least one condition." if error.path == "filter" else error.message)
            return
        rest = path.removeprefix(next(field for field, found in rows.items() if found is row))
        place = "property_values" if rest.startswith(".where") else "values" if ".$" in rest else "field"
        row.add_error("within_days" if rest == ".within_days" else place, for_people(error.message))


def join_rows(parts: Sequence[tuple[str, str, JsonObject]], junction: str) -> tuple[JsonObject, list[str | None]]:
    """A filter of rows, and the field of it that each row became; None for a row that says again what another says."""
    built: JsonObject = {"junction": junction}
    named: list[str | None] = []
    for field, operator, part in parts:
        if event_of(field) is not None:
            name = next((found for found in _numbered(field) if found not in built), None)
        else:
            name = field
        if name is None or (name in built and operator in built[name]["conditions"]):
            named.append(None)
        elif name in built and junction == "and":
            built[name]["conditions"] |= part["conditions"]
            named.append(name)
        elif name in built:
            # Conditions of one field hold together, which is not what was meant.
            named.append(None)
        else:
            built[name] = part
            named.append(name)
    return built, named


def _plainly(stored: JsonObject) -> JsonObject:
    """A filter with every operand as it would be typed."""
    said: JsonObject = {"junction": str(stored.get("junction", "and")).lower()}
    for field, part in stored.items():
        if field != "junction":
            typed = {
                operator: "" if operator in WITHOUT_VALUES else texts_of(operand)
                for operator, operand in part["conditions"].items()
            }
            where = part.get("where")
            said[field] = {
                "conditions": typed,
                "within_days": part.get("within_days"),
                "where": _plainly(where) if where else None,
            }
    return said


def _numbered(field: str) -> list[str]:
    return [field, *(f"{field}_{number}" for number in range(2, MOST_ABOUT_ONE_EVENT + 1))]


def rows_of(stored: JsonObject, catalogue: Catalogue) -> list[JsonObject] | None:
    """The rows that show a filter; None where it says more than rows can, or asks for what cannot be chosen."""
    rows: list[JsonObject] = []
    is_any = str(stored.get("junction", "and")).lower() == "or"
    for name, part in stored.items():
        if name == "junction":
            continue
        if is_any and len(part["conditions"]) > 1:
            return None
        own, about = _field_row(name, catalogue), _property_row(name, part.get("where"), catalogue)
        if own is None or about is None or (event_of(name) is not None and len(part["conditions"]) > 1):
            return None
        for operator, operand in part["conditions"].items():
            rows.append(own | _values("", operator, operand) | _within(part) | about)
    return rows


def _field_row(name: str, catalogue: Catalogue) -> JsonObject | None:
    numbered = _NUMBERED.match(name)
    field = numbered["field"] if numbered else name
    if catalogue.kind_of(field) is not None and field != OTHER_METADATA:
        return {"field": field}
    if name.startswith(OTHER_METADATA):
        return {"field": OTHER_METADATA, "key": name.removeprefix(OTHER_METADATA)}
    return None


def _within(part: JsonObject) -> JsonObject:
    return {"within_days": part["within_days"]} if part.get("within_days") else {}


def _values(prefix: str, operator: str, operand: Any) -> JsonObject:
    text = "" if operator in WITHOUT_VALUES else "\n".join(texts_of(operand))
    return {f"{prefix}operator": operator, f"{prefix}values": text}


def _property_row(name: str, where: JsonObject | None, catalogue: Catalogue) -> JsonObject | None:
    if not where:
        return {}
    fields = {field: part for field, part in where.items() if field != "junction"}
    if len(fields) != 1:
        return None
    ((field, part),) = fields.items()
    if len(part["conditions"]) != 1:
        return None
    ((operator, operand),) = part["conditions"].items()
    event = event_of(name) or ""
    key = catalogue.present_names.get(event, {}).get(field.removeprefix("metadata."))
    if key is None:
        return None
    return {"property": f"{event}\t{key}"} | _values("property_", operator, operand)


def _customer_ids(project: Project, text: str) -> list[str]:
    """The public ids of what was typed; what names nobody stays as it is, for the domain to refuse."""
    names = [line.strip() for line in text.splitlines() if line.strip()]
    others = [name for name in names if parse_public_id("cust", name) is None]
    rows = Customer.objects.filter(project=project, deleted_at=None, source_id__in=others)
    known = {source_id: public_id("cust", key) for source_id, key in rows.values_list("source_id", "pk")}
    return [known.get(name, name) for name in names]


def builder_data(catalogue: Catalogue) -> JsonObject:
    """What the script of the builder needs to know."""
    operators = {str(kind): [[name, OPERATOR_WORDS[name]] for name in names] for kind, names in OPERATORS.items()}
    return catalogue.as_json() | {
        "operators": operators,
        "without": list(WITHOUT_VALUES),
        "json": str(Kind.JSON),
        "keyed": [OTHER_METADATA],
    }
