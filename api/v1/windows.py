"""What lists of things with a switch and a window have in common."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import Q

from api.filters import Malformed, unknown


def period_parameters(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}[{bound}]" for name in names for bound in ("before", "after"))


def switch_filter(operator: str, values: Sequence[str]) -> Q:
    """The special field `active` (contract a.5): `$active`, `$expired`, `$enabled`, `$disabled`, each of true."""
    if list(values) != ["true"]:
        raise Malformed("must be true")
    # To the minute: a statement that stays the same keeps its total.
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    expired = Q(expiration_date__isnull=False, expiration_date__lte=now)
    begun = Q(start_date=None) | Q(start_date__lte=now)
    found = {
        "$active": Q(active=True) & begun & ~expired,
        "$expired": expired,
        "$enabled": Q(active=True),
        "$disabled": Q(active=False),
    }.get(operator)
    if found is None:
        raise unknown(operator)
    return found


def is_referral_filter(operator: str, values: Sequence[str]) -> Q:
    if operator not in ("$is", "$is_not") or values[0] not in ("true", "false"):
        raise Malformed("must be $is or $is_not of true or false")
    return Q(voucher__is_referral_code=(operator == "$is") == (values[0] == "true"))


def result_filter(operator: str, values: Sequence[str]) -> Q:
    """Publications that failed are not kept, so all are successes."""
    if operator in ("$is", "$in"):
        return Q() if "SUCCESS" in values else Q(pk__in=())
    if operator in ("$is_not", "$not_in"):
        return Q(pk__in=()) if "SUCCESS" in values else Q()
    raise unknown(operator)
