"""Gift cards and the append-only journal of their credits."""

from django.db import models
from django.db.models import F, Q

from campaigns.models import Voucher
from common.append_only import AppendOnly, InsertOnlyQuerySet
from common.ids import public_id, uuid7
from projects.models import Project


class GiftCard(models.Model):
    """What is on a gift card, in minor units: sums of its entries, cached in the entries' transaction.

    Opened by the first change of its balance; until then a card holds what its voucher says that it starts with.
    """

    voucher = models.OneToOneField(Voucher, on_delete=models.PROTECT, primary_key=True, related_name="gift_card")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    # All credits that ever came in, and all that were taken by hand.
    amount = models.BigIntegerField(default=0)
    subtracted = models.BigIntegerField(default=0)
    balance = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="gifts_card_never_below_zero"),
            models.CheckConstraint(
                condition=Q(balance=F("amount") - F("subtracted"), amount__gte=0, subtracted__gte=0),
                name="gifts_card_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return self.voucher.code


class EntryKind(models.TextChoices):
    OPENING = "opening", "What the card starts with"
    ADDITION = "addition", "Added by hand"
    REMOVAL = "removal", "Removed by hand"


class GiftEntry(AppendOnly):
    """Signed credits on a card. Never changed: a correction is a further entry."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    card = models.ForeignKey(GiftCard, on_delete=models.PROTECT, related_name="entries", db_index=False)
    kind = models.CharField(max_length=10, choices=EntryKind)
    credits = models.BigIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    # The sender's own id of a change by hand: a change is made once for it.
    source_id = models.CharField(max_length=255, null=True)
    balance_after = models.BigIntegerField()
    amount_after = models.BigIntegerField()
    created_at = models.DateTimeField()

    objects = InsertOnlyQuerySet["GiftEntry"].as_manager()

    class Meta:
        verbose_name = "entry of a gift card"
        verbose_name_plural = "entries of gift cards"
        constraints = [
            models.UniqueConstraint(
                fields=["card", "source_id"], condition=Q(source_id__isnull=False), name="gifts_entry_once_per_source"
            ),
            models.UniqueConstraint(
                fields=["card"], condition=Q(kind=EntryKind.OPENING), name="gifts_entry_opens_once"
            ),
            models.CheckConstraint(
                condition=Q(credits__gt=0, kind__in=[EntryKind.OPENING, EntryKind.ADDITION])
                | Q(credits__lt=0, kind=EntryKind.REMOVAL),
                name="gifts_entry_sign_fits_kind",
            ),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="gifts_entry_balance_not_negative"),
        ]
        indexes = [
            # Read by the card's transactions, newest first.
            models.Index(fields=["card", "id"], name="gifts_entry_by_card"),
            # Read by a campaign's transactions and their file, newest first.
            models.Index(fields=["project", "id"], name="gifts_entry_by_project"),
        ]

    def __str__(self) -> str:
        return f"{self.credits:+d} ({self.kind})"

    @property
    def public_id(self) -> str:
        return public_id("vtx", self.id)
