"""Validation rules, and what they are assigned to."""

from django.db import models
from django.db.models import Q

from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from projects.models import Project

LONGEST_NAME = 255
LONGEST_ERROR = 1_000


class RuleType(models.TextChoices):
    """How people put the rule together in the original's dashboard; all are judged alike."""

    EXPRESSION = "expression", "Expression"
    BASIC = "basic", "Basic"
    ADVANCED = "advanced", "Advanced"
    COMPLEX = "complex", "Complex"


class ContextType(models.TextChoices):
    """What the rule is made for: the pages of other things do not offer it."""

    GLOBAL = "global", "Anything"
    EARNING_RULE = "earning_rule.custom_event", "Earning rules"
    REFERRAL_PROGRAM = "campaign.referral_program", "Referral programmes"
    DISTRIBUTION = "distribution.custom_event", "Distributions"
    SEGMENT_ENTERED = "earning_rule.customer.segment.entered", "Earning rules on entering a segment"


class ObjectType(models.TextChoices):
    """What a rule can be assigned to, by the contract's words."""

    CAMPAIGN = "campaign", "Campaign"
    EARNING_RULE = "earning_rule", "Earning rule"
    DISTRIBUTION = "distribution", "Distribution"


class ValidationRule(models.Model):
    """Conditions on an event and its customer, under a name; judged where it is assigned."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=LONGEST_NAME)
    type = models.CharField(max_length=10, choices=RuleType, default=RuleType.EXPRESSION)
    context_type = models.CharField("made for", max_length=40, choices=ContextType, default=ContextType.GLOBAL)
    # The contract's grammar (docs/algorithms/validation-rules.md), as it was sent.
    rules = ExactJSONField(default=dict)
    # What a caller is told where the rule does not hold.
    error = models.CharField("error message", max_length=LONGEST_ERROR, blank=True)
    # Kept for its sender: there are no products that it could name.
    applicable_to = ExactJSONField(default=dict, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="rules_rule_has_name"),
        ]
        indexes = [
            # Read by the list of a project's rules, and by whoever compiles them.
            models.Index(fields=["project", "id"], name="rules_rule_project"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return public_id("val", self.pk)


class Assignment(models.Model):
    """That a rule is judged for something: an earning rule, a campaign, a distribution. Each has one at most."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Its index is read by the list of a rule's assignments.
    rule = models.ForeignKey(ValidationRule, on_delete=models.PROTECT, related_name="assignments")
    related_object_type = models.CharField(max_length=20, choices=ObjectType)
    # No foreign key: what rules are assigned to stands on floors above.
    related_object_id = models.UUIDField()
    created_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = [
            # Its index is read wherever an object's rule is looked up.
            models.UniqueConstraint(
                fields=["related_object_id", "related_object_type"], name="rules_assignment_once_per_object"
            ),
            models.CheckConstraint(
                condition=Q(related_object_type__in=ObjectType.values), name="rules_assignment_known_type"
            ),
        ]
        indexes = [
            # Read by the list of a project's assignments.
            models.Index(fields=["project", "id"], name="rules_assignment_project"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} for {self.related_object_type} {self.related_object_id}"

    @property
    def public_id(self) -> str:
        return public_id("asgm", self.pk)
