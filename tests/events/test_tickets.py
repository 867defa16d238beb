"""Event tickets in the house: used once, by whichever event comes first, and forgotten when they are worthless."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from common.ids import uuid7
from customers.profiles import Profile
from events.acceptance import accept_events
from events.grouping import Grouping
from events.models import Event, UsedTicket
from events.outcomes import Accepted, Replayed
from events.payloads import CLIENT_API, Source, parse_event
from events.tickets import TicketRefused, forget_expired, issue_ticket, read_ticket
from loyalty.models import LedgerEntry
from projects.keys import Credentials, create_key
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_rule, an_event, balances

BROWSER = Source(CLIENT_API, "v-000000000000000000")
AT_ONCE = 20


@pytest.fixture
def shop(project):
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"), points=10)
    project.refresh_from_db()
    return project


def a_ticket(project, by="ben", *, seconds=600, now=NOW):
    text, _ = issue_ticket(project, "signed_up", Profile(source_id=by), seconds=seconds, now=now)
    return read_ticket(text)


def live_ticket(project):
    return a_ticket(project, now=datetime.now(UTC))


def payload(ticket=None, *, source=BROWSER, **parts):
    return replace(parse_event(an_event(**parts), source), ticket=ticket)


def accept(project, *payloads, now=NOW):
    return accept_events(project=project, payloads=payloads, now=now)


def told(outcomes):
    return [outcome.errors[0].code if isinstance(outcome, TicketRefused) else type(outcome) for outcome in outcomes]


def test_of_one_list_the_first_event_uses_the_ticket_and_spoils_no_neighbour(shop):
    bens, adas = a_ticket(shop), a_ticket(shop, "ada")
    payloads = [
        payload(bens),
        payload(bens),
        payload(adas, by="ada"),
        payload(bens, by="ada"),
        payload(source=Source("API", ""), by="cleo"),
    ]

    outcomes = accept(shop, *payloads)

    assert told(outcomes) == [Accepted, "used", Accepted, "customer", Accepted]
    assert balances(shop) == {"ben": 10, "ada": 10, "cleo": 10}


def test_of_one_list_a_refused_event_leaves_the_ticket_to_the_next(shop):
    ticket = a_ticket(shop)

    outcomes = accept(shop, payload(ticket, referral={"code": "NOBODYS"}), payload(ticket), payload(ticket))

    assert [getattr(outcome, "key", None) for outcome in outcomes] == ["not_found", None, "unauthorized"]
    assert balances(shop) == {"ben": 10}


def test_of_one_list_repeats_of_a_key_are_repeats_and_others_find_the_ticket_used(shop):
    ticket = a_ticket(shop)

    outcomes = accept(
        shop, payload(ticket, id="a"), payload(ticket, id="b"), payload(ticket, id="a"), payload(ticket, id="b")
    )

    assert told(outcomes) == [Accepted, "used", Replayed, "used"]
    assert Event.objects.count() == 1


def test_a_ticket_expires_and_what_was_accepted_by_it_is_still_answered(shop):
    used, late = a_ticket(shop, seconds=1), a_ticket(shop, seconds=1)
    accept(shop, payload(used, id="a"))

    outcomes = accept(shop, payload(used, id="a"), payload(used), payload(late), now=NOW + timedelta(seconds=1))

    assert told(outcomes) == [Replayed, "expired", "expired"]


def test_the_database_takes_a_ticket_once(shop):
    row = UsedTicket(id=uuid7(), project=shop, event_id=uuid7(), expires_at=NOW)
    row.save(force_insert=True)

    with pytest.raises(IntegrityError):
        UsedTicket(id=row.pk, project=shop, event_id=uuid7(), expires_at=NOW).save(force_insert=True)


def test_used_tickets_are_forgotten_an_hour_after_they_could_be_used(shop):
    def used(expires_at):
        return UsedTicket.objects.create(id=uuid7(), project=shop, event_id=uuid7(), expires_at=expires_at)

    used(NOW - timedelta(hours=1, seconds=1))
    kept = [used(NOW - timedelta(minutes=59)), used(NOW + timedelta(minutes=1))]

    forgotten = [forget_expired(NOW), forget_expired(NOW)]

    assert (forgotten, set(UsedTicket.objects.all())) == ([1, 0], set(kept))


@pytest.fixture
def served_shop(transactional_db, grouped):
    project = ProjectFactory()
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"), points=10)
    project.refresh_from_db()
    return project


@pytest.fixture
def grouping():
    made = Grouping()
    yield made
    made.stop()


def test_one_ticket_sent_twenty_times_at_once_makes_one_event(served_shop, grouping):
    key, token = create_key(served_shop, kind="client", by=TESTER, trusted_domains=["*"])
    shown = Credentials.of("client", key.key_id, token)
    ticket = live_ticket(served_shop)

    outcomes = at_once([lambda: grouping.accept(shown, [payload(ticket)])[1][0]] * AT_ONCE)

    assert sorted(map(str, told(outcomes))) == [str(Accepted), *["used"] * (AT_ONCE - 1)]
    assert (Event.objects.count(), LedgerEntry.objects.count(), balances(served_shop)) == (1, 1, {"ben": 10})


def test_one_ticket_in_transactions_of_their_own_makes_one_event(served_shop):
    """As several processes do, each with neighbours of its own."""
    ticket = live_ticket(served_shop)

    def sent(number):
        return accept(
            served_shop,
            payload(by=f"neighbour {number}", source=Source("API", "")),
            payload(ticket),
            now=datetime.now(UTC),
        )

    outcomes = at_once([lambda number=number: sent(number) for number in range(8)])

    assert [type(neighbour) for neighbour, _ in outcomes] == [Accepted] * 8
    assert sorted(map(str, told([own for _, own in outcomes]))) == [str(Accepted), *["used"] * 7]
    assert balances(served_shop) == {"ben": 10} | {f"neighbour {number}": 10 for number in range(8)}
