"""Event definitions: what may be said, as a draft that people edit and as published versions that never change."""

from django.db import models
from django.db.models import F, Q

from common.append_only import AppendOnly, InsertOnlyQuerySet
from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from eventschema.property_types import type_choices
from projects.models import Project

MOST_PROPERTIES = 100
# Contract c.4: the resources whose metadata has a schema of its own; any other name is a nested schema.
STANDARD_RESOURCES = (
    "campaign",
    "customer",
    "earning_rule",
    "loyalty_tier",
    "order",
    "order_item",
    "product",
    "promotion_tier",
    "publication",
    "redemption",
    "reward",
    "voucher",
)


class Status(models.TextChoices):
    DRAFT = "draft", "Draft: takes no events yet"
    ACTIVE = "active", "Active"
    DEPRECATED = "deprecated", "Deprecated: still accepted, no longer to be used"


class UnknownProperties(models.TextChoices):
    KEEP = "keep", "Keep them"
    STRIP = "strip", "Strip them"
    REJECT = "reject", "Reject the event"


class EventDefinition(models.Model):
    """One kind of event. Its properties are the draft; `version` names the snapshot that events are checked by."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="event_definitions")
    name = models.CharField(max_length=300, help_text="What senders write as “event”. It cannot be changed later.")
    description = models.TextField(blank=True, max_length=2000)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    unknown = models.CharField(
        "unknown properties", max_length=6, choices=UnknownProperties, default=UnknownProperties.KEEP
    )
    version = models.PositiveIntegerField(default=0, editable=False)  # 0: never published
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(null=True, editable=False)
    # Of a deprecated one: the day from which on it is no longer to be used. It takes events all the same.
    deprecated_on = models.DateField(null=True, editable=False)
    # A deleted definition takes no events and frees its name; the events that it took keep pointing here.
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(deleted_at=None),
                name="eventschema_definition_name",
                violation_error_message="This project already has an event of that name.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="eventschema_definition_has_name"),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT) | Q(version__gt=0), name="eventschema_definition_live_is_published"
            ),
            models.CheckConstraint(
                condition=Q(deprecated_on=None) | Q(status=Status.DEPRECATED),
                name="eventschema_definition_day_of_deprecation",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return public_id("ms", self.pk)


class MetadataSchema(models.Model):
    """A nested schema: the properties of an object, under a name that properties of type `object` refer to."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="metadata_schemas")
    related_object = models.CharField(
        "name", max_length=100, help_text="The name that properties of type Object refer to."
    )
    allow_defined_only = models.BooleanField("refuse undefined keys", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "nested schema"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "related_object"],
                name="eventschema_metadataschema_name",
                violation_error_message="This project already has a nested schema of that name.",
            ),
            models.CheckConstraint(condition=~Q(related_object=""), name="eventschema_metadataschema_has_name"),
        ]

    def __str__(self) -> str:
        return self.related_object

    @property
    def public_id(self) -> str:
        return public_id("ms", self.pk)


class Property(models.Model):
    """What both kinds of schema say of one property."""

    # Stays with the property through renames; a new type is a new id.
    property_id = models.UUIDField(default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    type = models.CharField(max_length=20, choices=type_choices, default="string")
    array = models.BooleanField("multiple", default=False, help_text="A list of such values.")
    optional = models.BooleanField(default=True)
    options = ExactJSONField(default=dict, blank=True)
    description = models.CharField(max_length=500, blank=True)
    personal = models.BooleanField(default=False, help_text="Personal data: masked in lists and logs.")
    aliases = ExactJSONField(default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    deleted = models.BooleanField(default=False)
    deprecated = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class PropertyDefinition(Property):
    """A property of an event, as the draft has it."""

    definition = models.ForeignKey(EventDefinition, on_delete=models.CASCADE, related_name="properties")

    class Meta(Property.Meta):
        verbose_name = "property"
        verbose_name_plural = "properties"
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "name"],
                condition=Q(deleted=False),
                name="eventschema_property_name",
                violation_error_message="Two properties of an event cannot have the same name.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="eventschema_property_has_name"),
        ]


class NestedProperty(Property):
    """A property of a nested schema. It takes effect at once: the events that use the schema are published anew."""

    schema = models.ForeignKey(MetadataSchema, on_delete=models.CASCADE, related_name="properties")

    class Meta(Property.Meta):
        verbose_name = "property"
        verbose_name_plural = "properties"
        constraints = [
            models.UniqueConstraint(
                fields=["schema", "name"],
                condition=Q(deleted=False),
                name="eventschema_nestedproperty_name",
                violation_error_message="Two properties of a schema cannot have the same name.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="eventschema_nestedproperty_has_name"),
        ]


class SchemaVersion(AppendOnly):
    """An immutable, numbered snapshot of a definition: what events of that version were checked against.

    `schema`: {"unknown": "keep", "properties": [{"id", "name", "type", …}, …]}; nested schemas are written out in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    definition = models.ForeignKey(EventDefinition, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    schema = ExactJSONField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    objects = InsertOnlyQuerySet["SchemaVersion"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["definition", "version"], name="eventschema_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="eventschema_version_from_one"),
        ]
        ordering = ["definition", F("version").desc()]

    def __str__(self) -> str:
        return f"{self.definition_id} v{self.version}"
