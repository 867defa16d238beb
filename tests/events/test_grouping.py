"""Requests that come together are written together, and each is answered for itself."""

import threading

import pytest
from django.db import connection

from common.refusals import NotFound
from events import grouping as module
from events.grouping import Grouping, Job
from events.models import Event
from events.outcomes import Accepted, Broken
from events.payloads import parse_event
from projects.keys import Credentials, UnknownKey, change_domains, create_key, revoke_keys
from projects.models import ApiKey, Project
from projects.origins import UntrustedOrigin
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_rule, an_event, balances

SENDERS = 12


def shown_by(project, kind="server"):
    key, token = create_key(project, kind=kind, by=TESTER)
    return Credentials.of(kind, key.key_id, token)


@pytest.fixture
def grouping():
    made = Grouping()
    yield made
    made.stop()


@pytest.fixture
def shop(transactional_db, grouped):
    project = ProjectFactory()
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"))
    return project


def accept(grouping, shown, *bodies):
    return grouping.accept(shown, [parse_event(body) for body in bodies])[1]


def test_everyone_gets_his_own_outcome(shop, grouping):
    shown = shown_by(shop)

    def sent(number):
        return accept(grouping, shown, an_event(by=f"customer {number}"))[0]

    outcomes = at_once([lambda number=number: sent(number) for number in range(SENDERS)])

    assert [outcome.customer.source_id for outcome in outcomes] == [f"customer {n}" for n in range(SENDERS)]
    assert balances(shop) == {f"customer {n}": 10 for n in range(SENDERS)}


def test_a_bad_event_spoils_no_neighbour(shop, grouping):
    shown = shown_by(shop)

    def sent(number):
        return accept(grouping, shown, an_event("unheard of" if number % 2 else "signed_up", by=f"c{number}"))[0]

    outcomes = at_once([lambda number=number: sent(number) for number in range(SENDERS)])

    assert [type(outcome) for outcome in outcomes] == [Accepted, NotFound] * (SENDERS // 2)
    assert Event.objects.count() == SENDERS // 2


def a_job():
    return Job(Credentials("server", "key", "hash"), [])


def test_a_group_waits_for_those_who_sent_with_the_last_one(grouping, monkeypatch):
    monkeypatch.setattr(module, "LINGER_SECONDS", 30)
    grouping._expected = 2
    first, second = a_job(), a_job()

    jobs, _ = at_once([lambda: grouping._group(first), lambda: grouping._waiting.put(second)])

    assert jobs == [first, second]


def test_a_sender_alone_does_not_wait(grouping, monkeypatch):
    monkeypatch.setattr(module, "LINGER_SECONDS", threading.TIMEOUT_MAX)
    grouping._expected = 1
    first = a_job()

    assert grouping._group(first) == [first]


def test_projects_do_not_mix(shop, grouping):
    other = ProjectFactory()
    a_definition(other, "signed_up")
    keys = {project: shown_by(project) for project in (shop, other)}

    def sent(number):
        project = [shop, other][number % 2]
        found, _ = grouping.accept(keys[project], [parse_event(an_event(by="ben"))])
        return found == project

    assert all(at_once([lambda number=number: sent(number) for number in range(SENDERS)]))
    assert [Event.objects.filter(project=project).count() for project in (shop, other)] == [SENDERS // 2] * 2


def test_a_wrong_key_is_refused_and_a_revoked_one_from_its_revocation_on(shop, grouping):
    shown = shown_by(shop)
    accept(grouping, shown, an_event())

    with pytest.raises(UnknownKey):
        accept(grouping, Credentials("server", shown.key_id, "wrong"), an_event())
    revoke_keys(list(ApiKey.objects.filter(key_id=shown.key_id)), by=TESTER, now=NOW)
    with pytest.raises(UnknownKey):
        accept(grouping, shown, an_event())

    assert Event.objects.count() == 1


def test_a_page_is_refused_alone_and_trusted_from_the_change_of_the_domains_on(shop, grouping):
    key, token = create_key(shop, kind="client", by=TESTER, trusted_domains=["https://shop.example"])
    shown = Credentials.of("client", key.key_id, token)

    def sent(origin):
        try:
            return type(grouping.accept(shown, [parse_event(an_event())], origin=origin)[1][0])
        except UntrustedOrigin:
            return UntrustedOrigin

    origins = ["https://shop.example", "https://new.example"] * (SENDERS // 2)
    before = at_once([lambda origin=origin: sent(origin) for origin in origins])
    change_domains(key, ["new.example"], by=TESTER)
    after = at_once([lambda origin=origin: sent(origin) for origin in origins])

    assert before == [Accepted, UntrustedOrigin] * (SENDERS // 2)
    assert after == [UntrustedOrigin, Accepted] * (SENDERS // 2)


def test_a_changed_definition_is_noticed_by_the_next_event(shop, grouping):
    shown = shown_by(shop)
    accept(grouping, shown, an_event())

    a_definition(shop, "rated")

    assert isinstance(accept(grouping, shown, an_event("rated"))[0], Accepted)


def test_the_writer_goes_on_after_what_it_cannot_write(shop, grouping, settings):
    shown = shown_by(shop)
    settings.EVENT_REACTIONS = ["tests.events.no_such_module.Reaction"]

    assert isinstance(accept(grouping, shown, an_event())[0], Broken)
    settings.EVENT_REACTIONS = []

    assert isinstance(accept(grouping, shown, an_event())[0], Accepted)


def test_a_connection_that_the_server_closed_costs_nobody_an_error(shop, grouping):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection to lose")
    shown = shown_by(shop)
    accept(grouping, shown, an_event())

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database()"
        )

    assert isinstance(accept(grouping, shown, an_event())[0], Accepted)


def test_last_use_is_noted(shop, grouping):
    shown = shown_by(shop)

    accept(grouping, shown, an_event())
    grouping.stop()

    assert ApiKey.objects.get(key_id=shown.key_id).last_used_at is not None
    assert Project.objects.get(pk=shop.pk) == shop
