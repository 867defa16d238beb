"""The forms of event definitions and nested schemas: their own fields, and the cards of their properties."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from common.jsons import JsonObject
from common.refusals import Refusal
from eventschema.admin_conflicts import BaseField
from eventschema.builder import PropertyCards, property_cards
from eventschema.conflicts import definition_state, nested_state
from eventschema.models import STANDARD_RESOURCES, EventDefinition, MetadataSchema, Property, Status
from eventschema.spec import PropertySpec
from projects.forms import DomainForm
from projects.pages import RowForm

MARKED = "Some properties cannot be saved as they are. They are marked below."


class SchemaForm(DomainForm):
    """`cards` is the builder: it is posted and validated with this form.

    `proposed` is set by the admin to further cards, which nobody has saved yet (admin_proposing.py), `rebased` where
    somebody else saved meanwhile: to the properties with both changes in them.
    """

    proposed: Sequence[Property] = ()
    rebased: ClassVar[Sequence[PropertySpec] | None] = None

    base = BaseField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["base"] = None if self.instance._state.adding else self.state()
        rows: list[Property] = [] if self.instance._state.adding else list(self.instance.properties.all())
        self.removed = [PropertySpec.of(row) for row in rows if row.deleted]
        live = [PropertySpec.of(row) for row in [*rows, *self.proposed] if not row.deleted]
        nested = self._nested_names() if self.nests_objects else None
        shown = live if self.rebased is None else self.rebased
        posted = self.data if self.is_bound and self.rebased is None else None
        self.cards: PropertyCards = property_cards(shown, posted, nested=nested)

    def state(self) -> JsonObject:
        """What is stored of what this form edits (conflicts.py)."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.rebased is None and not self.cards.is_valid():
            raise ValidationError(MARKED, code="cards")
        return cleaned

    def show(self, refusal: Refusal) -> None:
        """What is wrong with a property at its card, the rest above them."""
        others = [error for error in refusal.errors if not self.cards.show(error)]
        if len(others) < len(refusal.errors):
            self.add_error(None, MARKED)
        for error in others:
            self.add_error(None, error.message)
        if not refusal.errors:
            super().show(refusal)

    def specs(self) -> list[PropertySpec]:
        """The properties as the cards have them, and those removed earlier, which only live on in old events."""
        specs = self.cards.specs()
        names = {name for spec in specs for name in spec.names}
        return specs + [spec for spec in self.removed if spec.name not in names]

    @property
    def nests_objects(self) -> bool:
        """Whether its properties may be objects."""
        return True

    def nested_schemas(self) -> QuerySet[MetadataSchema]:
        """Those that an object can refer to: of the row's project, or of every project that can be chosen."""
        schemas = MetadataSchema.objects.exclude(related_object__in=STANDARD_RESOURCES).order_by("related_object")
        if not self.instance._state.adding:
            return schemas.filter(project=self.instance.project_id)
        if "project" in self.fields:
            return schemas.filter(project__in=self.fields["project"].queryset)  # type: ignore[attr-defined]
        return schemas

    def _nested_names(self) -> Sequence[str]:
        return list(self.nested_schemas().values_list("related_object", flat=True).distinct())


class DefinitionForm(SchemaForm):
    naming_field = "name"

    class Meta:
        model = EventDefinition
        fields = ["project", "name", "description", "unknown"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def state(self) -> JsonObject:
        return definition_state(self.instance)


class NestedSchemaForm(SchemaForm):
    naming_field = "related_object"

    # The token of what breaks senders and is wanted all the same (admin_nested_review.py).
    confirm = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    class Meta:
        model = MetadataSchema
        fields = ["project", "related_object", "allow_defined_only"]
        help_texts = {
            "related_object": "The name that properties of type Object refer to; or “customer”, for what is known of "
            "customers."
        }

    @property
    def nests_objects(self) -> bool:
        """Those of the standard resources may; which one a new schema will be, the domain looks at."""
        is_new = self.instance._state.adding
        name = self.data.get("related_object") if self.is_bound and is_new else self.instance.related_object
        return name in STANDARD_RESOURCES or (is_new and not self.is_bound)

    def state(self) -> JsonObject:
        return nested_state(self.instance)


class StatusForm(RowForm):
    status = forms.ChoiceField(
        choices=[(status.value, status.label) for status in (Status.ACTIVE, Status.DEPRECATED)],
        help_text="Events are taken as before, whatever is chosen.",
    )
    deprecated_on = forms.DateField(
        label="No longer to be used from",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "data-shown-when": "status=deprecated"}, format="%Y-%m-%d"),
        help_text="Empty: from today.",
    )

    def __init__(self, row: EventDefinition, *args: Any, **options: Any) -> None:
        said = {"status": row.status, "deprecated_on": row.deprecated_on}
        super().__init__(row, *args, initial=said, **options)

    def day(self) -> date | None:
        """The day of a deprecation; none of a definition that is in use."""
        day: date | None = self.cleaned_data["deprecated_on"]
        return day if self.cleaned_data["status"] == Status.DEPRECATED else None
