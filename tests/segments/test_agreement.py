"""A filter in Python and the same in SQL come to the same, for whatever filter and whoever."""

import os
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.ids import time_of, uuid7
from customers.models import Customer
from events.models import Event, EventVoid
from eventschema.models import UnknownProperties
from rules.clock import Clock
from segments.facts import load_facts
from segments.filters import parse_filter
from tests.segments.drawn import CUSTOMERS, EVENTS, NOW, ZONES, filters
from tests.world import a_definition, a_loyalty_programme, a_published_code, a_referral_programme, accept, an_event

BERLIN_CLOCK = Clock(NOW, ZoneInfo("Europe/Berlin"))
EXAMPLES = 2_000 if os.environ.get("SOAK") else 60


@pytest.fixture
def shop(project):
    """Ada, who referred Ben, has points, and so has he."""
    tier = {"tier": {"type": "string", "optional": True, "array": False, "aliases": ["old tier"]}}
    definition = a_definition(project, "paid. in full", tier, unknown=UnknownProperties.KEEP)
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project, "The V.I.P. club")
    referrals = a_referral_programme(project, signed_up, club=club, referee_points=2, referrer_points=3)
    code = a_published_code(referrals, "ADA-1", to="ada")
    accept(project, an_event("signed_up", by="ben", referral={"code": code.code}))
    project.refresh_from_db()
    return project, definition


def write(project, definition, people):
    for place, (profile, happened) in enumerate(people):
        # Two of them are those with points and referrals.
        row = Customer.objects.filter(source_id={0: "ada", 1: "ben"}.get(place)).first() or Customer(project=project)
        for name, value in profile.items():
            setattr(row, name, value)
        row.save()
        for occurred_at, metadata, is_voided in happened:
            key = uuid7()
            Event.objects.create(
                id=key,
                project=project,
                definition=definition,
                version=1,
                name=definition.name,
                customer=row,
                metadata=metadata,
                channel="API",
                group_id="",
                occurred_at=occurred_at,
                received_at=time_of(key),
            )
            if is_voided:
                EventVoid.objects.create(event_id=key, project=project, actor="", group_id="", voided_at=NOW)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=filters(),
    people=st.lists(st.tuples(CUSTOMERS, EVENTS), min_size=3, max_size=6),
    zone=st.sampled_from(ZONES),
    days=st.integers(1, 40),
)
def test_python_and_sql_agree_now_and_when_the_answer_is_said_to_change(shop, raw, people, zone, days):
    project, definition = shop
    clock = Clock(NOW, ZoneInfo(zone))
    with transaction.atomic():
        write(project, definition, people)
        found, errors = parse_filter(project, raw)
        assert errors == []

        everybody = Customer.objects.filter(project=project).values_list("pk", flat=True)
        known = load_facts(project, everybody, found.needs(clock))
        judged = {facts.customer.pk for facts in known if found.holds(facts, clock)}
        matched = set(found.customers(clock).values_list("pk", flat=True))
        counted = found.count(clock)
        changes = {facts.customer.pk: found.changes_at(facts, clock) for facts in known}
        horizon = NOW + timedelta(days=days)
        then = {customer.pk for customer in found.customers(clock.moved_to(horizon))}
        later = {moment: set(found.customers(clock.moved_to(moment))) for moment in set(changes.values()) - {None}}
        transaction.set_rollback(True)

    assert judged == matched
    assert counted == len(matched)
    for key, moment in changes.items():
        if moment is not None:
            after = {customer.pk for customer in later[moment]}
            assert (key in after) is not (key in judged)
        if moment is None or moment > horizon:
            assert (key in then) is (key in judged)
