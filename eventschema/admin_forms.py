"""The forms of event definitions and nested schemas: their own fields, and the cards of their properties."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from eventschema.builder import PropertyCards, property_cards
from eventschema.models import STANDARD_RESOURCES, EventDefinition, MetadataSchema, Property
from eventschema.spec import PropertySpec
from projects.forms import DomainForm


class SchemaForm(DomainForm):
    """`cards` is the builder: it is posted and validated with this form.

    `proposed` is set by the admin to further cards, which nobody has saved yet (admin_proposing.py).
    """

    proposed: Sequence[Property] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rows: list[Property] = [] if self.instance._state.adding else list(self.instance.properties.all())
        self.removed = [PropertySpec.of(row) for row in rows if row.deleted]
        live = [row for row in rows if not row.deleted] + list(self.proposed)
        nested = self._nested_names() if self.nests_objects else None
        self.cards: PropertyCards = property_cards(live, self.data if self.is_bound else None, nested=nested)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.cards.is_valid():
            raise ValidationError("Some properties cannot be saved as they are. They are marked below.", code="cards")
        return cleaned

    def specs(self) -> list[PropertySpec]:
        """The properties as the cards have them, and those removed earlier, which only live on in old events."""
        specs = self.cards.specs()
        names = {spec.name for spec in specs}
        return specs + [spec for spec in self.removed if spec.name not in names]

    @property
    def nests_objects(self) -> bool:
        """Whether its properties may be objects."""
        return True

    def _nested_names(self) -> Sequence[str]:
        schemas = MetadataSchema.objects.exclude(related_object__in=STANDARD_RESOURCES).order_by("related_object")
        if not self.instance._state.adding:
            schemas = schemas.filter(project=self.instance.project_id)
        elif "project" in self.fields:
            schemas = schemas.filter(project__in=self.fields["project"].queryset)  # type: ignore[attr-defined]
        return list(schemas.values_list("related_object", flat=True).distinct())


class DefinitionForm(SchemaForm):
    naming_field = "name"

    class Meta:
        model = EventDefinition
        fields = ["project", "name", "description", "unknown"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}


class NestedSchemaForm(SchemaForm):
    naming_field = "related_object"

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
