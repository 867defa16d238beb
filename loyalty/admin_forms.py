"""The forms of loyalty programmes, earning rules and cards."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import F

from campaigns.admin_forms import CampaignForm
from campaigns.creation import CampaignFields
from campaigns.models import CampaignType
from common.formfields import MomentField
from common.ids import parse_public_id
from eventschema.models import EventDefinition, SchemaVersion
from eventschema.spec import PropertySpec, specs_of
from loyalty.ledger import MOST_POINTS
from loyalty.models import EarningRule, Formula, LoyaltyProgram
from loyalty.rules import MOST_POINTS_A_RULE, RuleFields
from projects.forms import DomainForm
from projects.pages import RowForm
from rules.admin_forms import rule_choices
from rules.assigning import assigned
from rules.models import ContextType, ObjectType

EVENT, SEGMENT = "event", "segment"
OF_EVENT, OF_SEGMENT = ({"data-shown-when": f"trigger={trigger}"} for trigger in (EVENT, SEGMENT))
PROPORTIONAL_ONLY = {"data-shown-when": f"trigger={EVENT}&formula={Formula.PROPORTIONAL}"}


class LoyaltyProgramForm(CampaignForm):
    initial_points = forms.IntegerField(
        label="Points that a new card starts with", min_value=0, max_value=MOST_POINTS, initial=0
    )
    auto_join = forms.BooleanField(
        label="Join by earning",
        required=False,
        initial=True,
        help_text="A customer without a card gets one when a rule pays.",
    )

    class Meta:
        model = LoyaltyProgram
        fields = ["project", "initial_points"]

    def as_campaign(self) -> CampaignFields:
        template = {"type": "LOYALTY_CARD", "loyalty_card": {"points": self.cleaned_data["initial_points"]}}
        return self.campaign_fields(CampaignType.LOYALTY_PROGRAM, template, auto_join=self.cleaned_data["auto_join"])


class RuleForm(DomainForm):
    """Set by the admin: `events`, the definitions whose number properties are offered, and `segments`, (id, name) of
    those that may be chosen.
    """

    events: Iterable[EventDefinition] = ()
    segments: Sequence[tuple[str, str]] = ()
    paths = {
        "segment.id": "segment",
        "loyalty.points": "points",
        "custom_event": "definition",
        "loyalty.custom_event.metadata.every": "every",
        "loyalty.custom_event.metadata.property": "property_name",
        "validation_rule_id": "validation_rule",
    }

    trigger = forms.ChoiceField(
        label="Pays when",
        choices=[(EVENT, "An event comes"), (SEGMENT, "A customer enters a segment")],
        required=False,
        help_text="Cannot be changed later.",
    )
    segment = forms.ChoiceField(
        required=False,
        widget=forms.Select(attrs=OF_SEGMENT),
        help_text="A passive segment becomes an active one. Who is in it already gets nothing.",
    )
    points = forms.IntegerField(
        min_value=1, max_value=MOST_POINTS_A_RULE, help_text="Given each time, or for every full step."
    )
    property_name = forms.ChoiceField(
        label="of the number property",
        required=False,
        widget=forms.Select(attrs=PROPORTIONAL_ONLY),
        help_text="A number property of the event's published version.",
    )
    validation_rule = forms.ChoiceField(
        label="Only if this validation rule holds",
        required=False,
        help_text="What it asks for is made under Validation rules.",
    )
    start_date = MomentField(label="Starts", help_text="In UTC. Empty: at once.")
    expiration_date = MomentField(label="Ends", help_text="In UTC. Empty: never.")

    class Meta:
        model = EarningRule
        fields = [
            "program",
            "definition",
            "banner",
            "formula",
            "points",
            "every",
            "property_name",
            "start_date",
            "expiration_date",
            "active",
        ]
        labels = {"program": "Loyalty programme"}
        widgets = {
            "definition": forms.Select(attrs=OF_EVENT),
            "formula": forms.Select(attrs=OF_EVENT),
            "every": forms.TextInput(attrs=PROPORTIONAL_ONLY | {"inputmode": "decimal"}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "property_name" in self.fields:
            choices = [("", "Choose a property"), *number_properties(self.events)]
            self.fields["property_name"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        if "segment" in self.fields:
            own: Any = self.fields["segment"]
            own.choices = [("", "Choose a segment"), *self.segments]
        self._offer_rules()
        if self.instance.every is not None:
            self.initial["every"] = f"{self.instance.every.normalize():f}"

    def _offer_rules(self) -> None:
        if "validation_rule" not in self.fields:
            return
        rule = self.instance
        found = None if rule._state.adding else assigned(ObjectType.EARNING_RULE, [rule.pk]).get(rule.pk)
        chosen = found.rule.public_id if found else None
        projects = [rule.project_id] if rule.project_id else [event.project_id for event in self.events]
        own: Any = self.fields["validation_rule"]
        own.choices = rule_choices(projects, self._contexts(), chosen)
        self.initial["validation_rule"] = chosen or ""

    def _contexts(self) -> list[str]:
        if self.instance._state.adding:
            return [ContextType.EARNING_RULE, ContextType.SEGMENT_ENTERED]
        return [ContextType.SEGMENT_ENTERED if self.instance.segment_id else ContextType.EARNING_RULE]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance._state.adding:
            self._keep_the_trigger(cleaned)
        if cleaned.get("segment") or self.instance.segment_id:
            cleaned |= {"formula": Formula.FIXED, "definition": None}
        program, event = cleaned.get("program"), cleaned.get("definition")
        if program and event and program.project_id != event.project_id:
            self.add_error("definition", "This event belongs to another project than the programme.")
        if cleaned.get("formula") == Formula.FIXED:
            cleaned |= {"every": None, "property_name": ""}
        elif cleaned.get("formula") == Formula.PROPORTIONAL:
            self._ask_for_the_step(cleaned)
        return cleaned

    def _keep_the_trigger(self, cleaned: dict[str, Any]) -> None:
        """What belongs to the other trigger is left out, though a hidden field may hold it."""
        name, other = ("segment", "definition") if cleaned.get("trigger") == SEGMENT else ("definition", "segment")
        cleaned[other] = None
        if not cleaned.get(name) and name not in self.errors:
            self.add_error(name, f"Choose {'a segment' if name == 'segment' else 'an event'}.")

    @property
    def segment_id(self) -> UUID | None:
        return parse_public_id("seg", self.cleaned_data.get("segment") or "")

    def _ask_for_the_step(self, cleaned: dict[str, Any]) -> None:
        every = cleaned.get("every")
        if (every is None or every <= 0) and "every" not in self.errors:
            self.add_error("every", "Say for every how much the points are given, such as 10.")
        if not cleaned.get("property_name") and "property_name" not in self.errors:
            self.add_error("property_name", "Say which number of the event is counted.")

    def as_fields(self) -> RuleFields:
        said = self.cleaned_data
        return RuleFields(
            formula=said["formula"],
            points=said["points"],
            every=said.get("every"),
            property_name=said.get("property_name") or "",
            banner=said["banner"],
            active=said["active"],
            start_date=said["start_date"],
            expiration_date=said["expiration_date"],
            metadata=self.instance.metadata,
            validity=self.instance.validity,
        )


def number_properties(events: Iterable[EventDefinition]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The published number properties of each event, as grouped choices; one statement."""
    named = {event.pk: event.name for event in events}
    versions = SchemaVersion.objects.filter(definition__in=named, version=F("definition__version"))
    grouped = [
        (named[version.definition_id], [(spec.name, spec.name) for spec in _numbers(version)]) for version in versions
    ]
    return sorted((name, numbers) for name, numbers in grouped if numbers)


def _numbers(version: SchemaVersion) -> list[PropertySpec]:
    specs = specs_of(version.schema)
    return [spec for spec in specs if spec.type == "number" and not spec.array and not spec.deleted]


class AdjustForm(RowForm):
    points = forms.IntegerField(
        min_value=-MOST_POINTS, max_value=MOST_POINTS, help_text="Negative points are taken from the card."
    )
    reason = forms.CharField(max_length=500, help_text="Kept in the ledger.")
