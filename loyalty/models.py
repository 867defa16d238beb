"""Loyalty programmes, their cards and rules, and the append-only ledger of points."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q

from campaigns.models import Campaign, RecurringWindow, Voucher
from common.append_only import AppendOnly, InsertOnlyQuerySet
from common.ids import public_id, uuid7
from common.jsons import ExactJSONField
from customers.models import Customer
from eventschema.models import EventDefinition
from projects.models import Project


class LoyaltyProgram(models.Model):
    """What a campaign of type LOYALTY_PROGRAM has besides."""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.PROTECT, primary_key=True, related_name="loyalty_program"
    )
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    # Points that a card starts with.
    initial_points = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = "loyalty programme"

    def __str__(self) -> str:
        return str(self.campaign)


class LoyaltyCard(models.Model):
    """A held card. `balance` and `lifetime` are sums of its ledger entries, cached in the entries' transaction.

    A closed card is nobody's: its code is free, and its row is opened again for whoever gets the code next.
    """

    voucher = models.OneToOneField(Voucher, on_delete=models.PROTECT, primary_key=True, related_name="loyalty_card")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    program = models.ForeignKey(
        LoyaltyProgram,
        on_delete=models.PROTECT,
        related_name="cards",
        db_index=False,
        verbose_name="programme",
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    balance = models.BigIntegerField(default=0)
    # All points that ever came in, but for those that a reversal took back.
    lifetime = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, editable=False)
    # The last entry of a former holder, whose card was closed; None for a card that was opened once.
    starts_after = models.UUIDField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "customer"],
                condition=Q(closed_at__isnull=True),
                name="loyalty_card_once_per_customer",
            ),
            models.CheckConstraint(condition=Q(balance__gte=0), name="loyalty_card_never_below_zero"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(balance=0, lifetime=0), name="loyalty_card_closed_is_empty"
            ),
        ]

    def __str__(self) -> str:
        return self.voucher.code


class Formula(models.TextChoices):
    FIXED = "FIXED", "A fixed number of points"
    PROPORTIONAL = "PROPORTIONAL", "Points for every so much of a number property"


class EarningRule(RecurringWindow):
    """What earns how many points: an event, or entering a segment.

    The window is half-open and judged when the event occurred, or when the segment was entered by time alone.
    """

    # The contract's word for the second (f.3).
    SEGMENT_ENTERED = "customer.segment.entered"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    program = models.ForeignKey(
        LoyaltyProgram, on_delete=models.PROTECT, related_name="earning_rules", verbose_name="programme"
    )
    definition = models.ForeignKey(
        EventDefinition,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="event",
        db_index=False,
    )
    # A plain key: segments stand on this floor (customers/segments.py).
    segment_id = models.UUIDField("segment", null=True, blank=True)
    banner = models.CharField("name", max_length=255, blank=True, help_text="Shown to customers and in reports.")
    formula = models.CharField(max_length=12, choices=Formula, default=Formula.FIXED)
    points = models.PositiveIntegerField(help_text="Points given, or points for every full step.")
    every = models.DecimalField(
        "for every",
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="The step of the number property.",
    )
    property_name = models.CharField("number property", max_length=100, blank=True)
    metadata = ExactJSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(null=True, editable=False)
    # A deleted rule pays nothing more; the entries that it made keep pointing here.
    deleted_at = models.DateTimeField(null=True, editable=False)

    # The key of its validation rule, where it was looked up (loyalty/earning.py).
    validation_rule_key: UUID | None = None

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(start_date=None) | Q(expiration_date=None) | Q(expiration_date__gt=F("start_date")),
                name="loyalty_rule_window",
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(condition=Q(points__gte=1), name="loyalty_rule_pays"),
            models.CheckConstraint(
                # Only an event has a number property.
                condition=Q(definition__isnull=False, segment_id=None)
                | Q(definition=None, segment_id__isnull=False, formula=Formula.FIXED),
                name="loyalty_rule_trigger",
                violation_error_message="A rule is about an event, or about a segment with fixed points.",
            ),
            models.CheckConstraint(
                # `every` is said to be there apart from its bound: a CHECK lets pass what is unknown.
                condition=Q(formula=Formula.FIXED, every=None, property_name="")
                | (Q(formula=Formula.PROPORTIONAL, every__isnull=False, every__gt=0) & ~Q(property_name="")),
                name="loyalty_rule_formula",
                violation_error_message="A proportional rule needs a number property and a step; a fixed one neither.",
            ),
        ]

    def __str__(self) -> str:
        return self.banner or f"{self.points} points for {self.definition_id or self.segment_id}"

    @property
    def public_id(self) -> str:
        return public_id("ern", self.id)


class EntryKind(models.TextChoices):
    """Positive kinds are lots; negative ones are allocated to lots."""

    EARN = "earn", "Earned by a rule"
    REWARD = "reward", "Paid as a reward"
    ADDITION = "addition", "Added by hand"
    REMOVAL = "removal", "Removed by hand"
    REVERSAL = "reversal", "Taken back"


POSITIVE_KINDS = (EntryKind.EARN, EntryKind.REWARD, EntryKind.ADDITION)
NEGATIVE_KINDS = (EntryKind.REMOVAL, EntryKind.REVERSAL)


class LedgerEntry(AppendOnly):
    """Signed points on a card, for one cause. Never changed: a correction is a further entry that reverses it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    card = models.ForeignKey(LoyaltyCard, on_delete=models.PROTECT, related_name="entries", db_index=False)
    kind = models.CharField(max_length=10, choices=EntryKind)
    points = models.BigIntegerField()
    # What the points are for; a card pays a source once: event:<id>:rule:<id>, time:<id>:rule:<id>,
    # event:<id>:tier:<id>, request:<id> …
    source = models.CharField(max_length=200)
    event_id = models.UUIDField(null=True)
    rule = models.ForeignKey(EarningRule, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    reason = models.CharField(max_length=500, blank=True)
    # The sender's own id of a change by hand.
    source_id = models.CharField(max_length=255, null=True)
    balance_after = models.BigIntegerField()
    lifetime_after = models.BigIntegerField()
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = InsertOnlyQuerySet["LedgerEntry"].as_manager()

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(fields=["card", "source"], name="loyalty_entry_once_per_source"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="loyalty_entry_reversed_once"
            ),
            models.CheckConstraint(condition=~Q(points=0), name="loyalty_entry_moves_points"),
            models.CheckConstraint(
                condition=Q(points__gt=0, kind__in=POSITIVE_KINDS) | Q(points__lt=0, kind__in=NEGATIVE_KINDS),
                name="loyalty_entry_sign_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.REVERSAL, reverses__isnull=False)
                | (~Q(kind=EntryKind.REVERSAL) & Q(reverses__isnull=True)),
                name="loyalty_entry_reversal_names_its_entry",
            ),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="loyalty_entry_balance_not_negative"),
        ]
        indexes = [
            # Read by the card's transactions, newest first, and by check_ledger.
            models.Index(fields=["card", "id"], name="loyalty_entry_by_card"),
            # Read by the programme's expiry: the next lots to lapse.
            models.Index(fields=["expires_at"], name="loyalty_entry_expiring", condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.points:+d} ({self.kind})"

    @property
    def public_id(self) -> str:
        return public_id("vtx", self.id)


class Allocation(AppendOnly):
    """How many points of a lot (a positive entry) a negative entry used; the rest of the lot is left."""

    spending = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="allocations")
    lot = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="uses")
    points = models.BigIntegerField()

    objects = InsertOnlyQuerySet["Allocation"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["spending", "lot"], name="loyalty_allocation_once"),
            models.CheckConstraint(condition=Q(points__gt=0), name="loyalty_allocation_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.points} of {self.lot_id}"
