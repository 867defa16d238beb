"""The forms of event definitions and nested schemas: their own fields, and the cards of their properties."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from eventschema.builder import PropertyCards, property_cards
from eventschema.models import EventDefinition, MetadataSchema, Property
from eventschema.spec import PropertySpec
from projects.forms import DomainForm


class SchemaForm(DomainForm):
    """`cards` is the builder: it is posted and validated with this form."""

    nests_objects = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rows: list[Property] = [] if self.instance._state.adding else list(self.instance.properties.all())
        self.removed = [PropertySpec.of(row) for row in rows if row.deleted]
        live = [row for row in rows if not row.deleted]
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

    def nested_schemas(self) -> QuerySet[MetadataSchema]:
        """Those that an object can refer to: of the row's project, or of every project that can be chosen."""
        schemas = MetadataSchema.objects.order_by("related_object")
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


class NestedSchemaForm(SchemaForm):
    nests_objects = False
    naming_field = "related_object"

    class Meta:
        model = MetadataSchema
        fields = ["project", "related_object", "allow_defined_only"]
