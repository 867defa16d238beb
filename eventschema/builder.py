"""The schema builder's forms: a card for every property, in the order in which people put them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from uuid import UUID

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory

from common.formfields import LinesField
from common.jsons import InvalidJson, JsonObject, JsonValue, parse
from common.quickwidgets import QuickCheckbox, QuickDate, QuickHidden, QuickInput, QuickSelect, QuickTextarea
from common.refusals import FieldError
from eventschema.models import MOST_PROPERTIES
from eventschema.property_types import CONSTRAINTS, PROPERTY_TYPES, is_number, type_choices
from eventschema.property_types.constraints import Choices, Length, Range
from eventschema.spec import LONGEST_DESCRIPTION, PropertySpec, name_clashes, parse_property
from projects.forms import for_people

PREFIX = "properties"
# Names hold no dots.
_OF_PROPERTY = re.compile(r"(?:schema\.)?properties\.(?P<name>[^.]+)(?:\.(?P<part>\w+))?\Z")
Choice: TypeAlias = tuple[str, str]


def _chips(label: str) -> LinesField:
    """A list of values: one a line, which static/boon/chips.js turns into chips."""
    field = LinesField(label=label, required=False, rows=1, widget=QuickTextarea)
    field.widget.attrs["data-chips"] = ""
    return field


def _constraint_field(name: str) -> forms.Field:
    """What asks for a constraint. Numbers are text fields: a number field changes its value under the mouse wheel."""
    constraint = CONSTRAINTS[name]
    if isinstance(constraint, Length):
        widget = QuickInput(attrs={"inputmode": "numeric"})
        return forms.IntegerField(label=constraint.label, required=False, widget=widget)
    if isinstance(constraint, Range):
        widget = QuickInput(attrs={"inputmode": "decimal"})
        return forms.DecimalField(label=constraint.label, required=False, widget=widget)
    if isinstance(constraint, Choices):
        return _chips(constraint.label)
    return forms.ChoiceField(label=constraint.label, required=False, widget=QuickSelect)


class PropertyForm(forms.Form):
    """One card. `spec` is what it says, once it is valid."""

    name = forms.CharField(widget=QuickInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
    type = forms.ChoiceField(initial="string", widget=QuickSelect)
    required = forms.BooleanField(required=False, widget=QuickCheckbox)
    array = forms.BooleanField(label="Multiple", required=False, widget=QuickCheckbox)
    description = forms.CharField(required=False, max_length=LONGEST_DESCRIPTION, widget=QuickInput)
    personal = forms.BooleanField(
        label="Personal data",
        required=False,
        widget=QuickCheckbox,
        help_text="Masked in lists and blanked when the customer is deleted.",
    )
    aliases = _chips("Former names, also accepted")
    deprecated = forms.DateField(
        label="Deprecated: no longer to be used from",
        required=False,
        widget=QuickDate(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    # Which property the card is, whatever it is called now; nothing for a new one.
    property_id = forms.CharField(required=False, widget=QuickHidden)

    spec: PropertySpec | None = None
    # Set by the admin: whether stored events carry the property, and what reads it.
    is_used = False
    users: Sequence[Any] = ()

    def __init__(
        self, *args: Any, types: Sequence[Choice] = (), nested: Sequence[Choice] = (), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["type"].choices = types  # type: ignore[attr-defined]  # a ChoiceField
        for name in CONSTRAINTS:
            self.fields[name] = _constraint_field(name)
        self.fields["object_type"].choices = [("", "Any object"), *nested]  # type: ignore[attr-defined]

    def has_changed(self) -> bool:
        """A card on which nothing was said is none, wherever it stands."""
        return bool(set(self.changed_data) - {"ORDER"})

    def clean(self) -> None:
        if "type" not in self.cleaned_data or "name" not in self.cleaned_data:
            return
        said = self._said()
        self.spec, errors = parse_property(self.cleaned_data["name"], said, "property")
        key = _key(self.cleaned_data.get("property_id"))
        if self.spec is not None and key is not None:
            self.spec = replace(self.spec, id=key)
        for error in errors:
            part = error.path.removeprefix("property").strip(".")
            name = part if part in self.fields else "name"
            if not self.has_error(name):
                self.add_error(name, for_people(error.message))

    def _said(self) -> JsonObject:
        """The property as the management API writes it, with the constraints that fit its type."""
        kind = self.cleaned_data["type"]
        said: JsonObject = {name: self.cleaned_data.get(name) for name in PROPERTY_TYPES[kind].constraints}
        if kind == "number":
            said |= {name: self._numbers(name) for name in ("eq", "ne")}
        if not said.get("object_type", "?"):
            del said["object_type"]
        return {
            **said,
            "type": kind,
            "optional": not self.cleaned_data["required"],
            "deprecated": day.isoformat() if (day := self.cleaned_data.get("deprecated")) else None,
            **{name: self.cleaned_data.get(name) for name in ("array", "personal", "description", "aliases")},
        }

    def _numbers(self, name: str) -> list[JsonValue]:
        lines = self.cleaned_data.get(name) or []
        numbers = [_number(line) for line in lines]
        wrong = [line for line, number in zip(lines, numbers, strict=True) if number is None]
        if wrong:
            self.add_error(name, f"“{wrong[0]}” is no number.")
        return [] if wrong else numbers

    @property
    def is_removed(self) -> bool:
        return bool(self.is_bound and self["DELETE"].value())

    @property
    def names(self) -> list[str]:
        """What the card says that the property is and was called."""
        former = self.fields["aliases"].to_python(self["aliases"].value() or "")
        return [self["name"].value() or "", *(former or ())]

    @property
    def constraints(self) -> Iterator[tuple[forms.BoundField, str, bool]]:
        """(field, the types that it fits, whether it fits the type as it stands) of every constraint."""
        now = self["type"].value()
        for name in CONSTRAINTS:
            types = [kind.name for kind in PROPERTY_TYPES.values() if name in kind.constraints]
            yield self[name], " ".join(types), now in types

    @property
    def says_more(self) -> bool:
        """Whether the folded part has something to show: then it stands open."""
        names = ("description", "personal", "aliases", "deprecated")
        return any(self[name].value() or self.has_error(name) for name in names)

    def has_error(self, field: str | None, code: str | None = None) -> bool:
        return self.is_bound and super().has_error(field, code)


if TYPE_CHECKING:
    _FormSet = BaseFormSet[PropertyForm]
else:
    _FormSet = BaseFormSet


def _number(line: str) -> JsonValue:
    try:
        value = parse(line.encode())
    except InvalidJson:
        return None
    return value if is_number(value) else None


def _key(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


class PropertyCards(_FormSet):
    """All cards. Posted in any order, with ORDER and DELETE as Django's formsets name them."""

    @property
    def cards(self) -> list[PropertyForm]:
        """In the order in which they stand on the page, also on the page that comes back with errors."""
        return sorted(self.forms, key=lambda form: _place(form) if self.is_bound else 0)

    @property
    def live_count(self) -> int:
        return sum(not form.is_removed for form in self.forms)

    def specs(self) -> list[PropertySpec]:
        """What the cards say, in order; of a valid set."""
        return [form.spec for form in self.cards if form.spec is not None and not form.is_removed]

    def clean(self) -> None:
        by_name: dict[str, list[PropertyForm]] = {}
        for form in self.cards:
            if form.spec is not None and not form.is_removed:
                by_name.setdefault(form.spec.name, []).append(form)
        for name, forms_of_name in by_name.items():
            for form in forms_of_name if len(forms_of_name) > 1 else ():
                form.add_error("name", f"Another property is called “{name}” too.")
        for error in name_clashes(self.specs()):
            owner = by_name[error.path.removeprefix("schema.properties.")][0]
            owner.add_error("aliases" if error.actual != owner.cleaned_data["name"] else "name", error.message)

    def show(self, error: FieldError) -> bool:
        """Adds an error of the domain to the card of the property that it names; whether there is one."""
        found = _OF_PROPERTY.match(error.path)
        named = [card for card in self.cards if card.spec is not None and found and card.spec.name == found["name"]]
        for card in named[:1]:
            part = found["part"] if found else None
            card.add_error(part if part in card.fields else "name", for_people(error.message))
        return bool(named)


def _place(form: PropertyForm) -> int:
    try:
        return int(form["ORDER"].value())
    except (TypeError, ValueError):
        return MOST_PROPERTIES


_CardSet = formset_factory(
    PropertyForm,
    formset=PropertyCards,
    extra=0,
    can_order=True,
    can_delete=True,
    max_num=MOST_PROPERTIES,
    validate_max=True,
)


def property_cards(
    specs: Iterable[PropertySpec], data: Mapping[str, Any] | None, *, nested: Sequence[str] | None
) -> PropertyCards:
    """The cards of `specs` or, where data was posted, of the data. `nested` None: objects cannot be used here."""
    initial = [_as_initial(spec) for spec in specs]
    named = {item["object_type"] for item in initial if "object_type" in item} | set(nested or ())
    types = [(name, label) for name, label in type_choices() if nested is not None or name != "object"]
    options = {"types": types, "nested": [(name, name) for name in sorted(named)]}
    cards = _CardSet(data, prefix=PREFIX, initial=None if data is not None else initial, form_kwargs=options)
    return cast(PropertyCards, cards)


def _as_initial(spec: PropertySpec) -> JsonObject:
    return {
        "name": spec.name,
        "type": spec.type,
        "required": not spec.optional,
        "array": spec.array,
        "description": spec.description,
        "personal": spec.personal,
        "aliases": list(spec.aliases),
        "deprecated": spec.deprecated,
        "property_id": str(spec.id),
        **spec.options,
    }
