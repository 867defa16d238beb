"""The forms of loyalty programmes, earning rules and cards."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import F

from campaigns.admin_forms import CampaignForm
from campaigns.creation import CampaignFields
from campaigns.models import CampaignType
from common.formfields import MomentField
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

PROPORTIONAL_ONLY = {"data-shown-when": f"formula={Formula.PROPORTIONAL}"}


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
    """`events` is set by the admin: the definitions whose number properties are offered."""

    events: Iterable[EventDefinition] = ()
    paths = {
        "loyalty.points": "points",
        "custom_event": "definition",
        "loyalty.custom_event.metadata.every": "every",
        "loyalty.custom_event.metadata.property": "property_name",
        "validation_rule_id": "validation_rule",
    }

    points = forms.IntegerField(
        min_value=1, max_value=MOST_POINTS_A_RULE, help_text="Given for the event, or for every full step."
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
        widgets = {"every": forms.TextInput(attrs=PROPORTIONAL_ONLY | {"inputmode": "decimal"})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "property_name" in self.fields:
            choices = [("", "Choose a property"), *number_properties(self.events)]
            self.fields["property_name"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
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
        own.choices = rule_choices(projects, [ContextType.EARNING_RULE], chosen)
        self.initial["validation_rule"] = chosen or ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        program, event = cleaned.get("program"), cleaned.get("definition")
        if program and event and program.project_id != event.project_id:
            self.add_error("definition", "This event belongs to another project than the programme.")
        if cleaned.get("formula") == Formula.FIXED:
            cleaned |= {"every": None, "property_name": ""}
        elif cleaned.get("formula") == Formula.PROPORTIONAL:
            self._ask_for_the_step(cleaned)
        return cleaned

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
            every=said["every"],
            property_name=said["property_name"],
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
