"""Many codes by the worker: as many as were asked for, whatever ends a run, and none twice."""

import pytest

from campaigns.codes import make_many, possible_codes, random_codes
from campaigns.generation import CHUNK, start_generation
from campaigns.models import Voucher
from common.refusals import InvalidPayload, Refusal
from outbox.actions import RunAction
from outbox.relay import handle_due
from projects.models import AsyncAction
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.world import NOW, TESTER, a_coupon_campaign, a_gift_campaign


class Killed(BaseException):
    """Past every handler of exceptions, as the end of a process is."""


def generated(campaign, count, **options):
    return start_generation(campaign, count, request_id="v-1", now=NOW, **options, by=TESTER)


def run(action):
    RunAction().handle({"action": str(action.pk)})
    action.refresh_from_db()


def test_the_worker_makes_as_many_codes_as_were_asked_for(project, monkeypatch):
    monkeypatch.setattr("campaigns.generation.CHUNK", 40)
    sale = a_coupon_campaign(project, code_config={"pattern": "S-####"})
    action = generated(sale, 101, overrides={"category": "spring", "metadata": {"a": 1}, "active": False})

    run(action)

    vouchers = list(sale.vouchers.all())
    assert (action.status, action.progress, action.done_count, action.failed_count) == ("DONE", 100, 101, 0)
    assert len({voucher.code_key for voucher in vouchers}) == len(vouchers) == 101
    assert {
        (voucher.category, voucher.metadata["a"], voucher.active, voucher.discount["percent_off"])
        for voucher in vouchers
    } == {("spring", 1, False, 10)}


def test_a_run_that_is_killed_is_taken_up_where_it_was(project, monkeypatch):
    monkeypatch.setattr("campaigns.generation.CHUNK", 30)
    sale = a_coupon_campaign(project)
    action = generated(sale, 100)
    chunks = []

    def until_killed(*arguments, **options):
        made = make_many(*arguments, **options)
        chunks.append(made)
        if len(chunks) == 3:
            raise Killed
        return made

    monkeypatch.setattr("campaigns.generation.make_many", until_killed)
    with pytest.raises(Killed):
        run(action)
    # What the third chunk had written went with its transaction.
    assert sale.vouchers.count() == 60

    run(action)

    assert (sale.vouchers.count(), action.done_count, action.progress) == (100, 100, 100)
    run(action)
    assert sale.vouchers.count() == 100


def test_codes_that_are_there_already_are_made_up_for(project):
    sale = a_coupon_campaign(project, vouchers_count=8, code_config={"pattern": "#", "charset": "abcdefghij"})

    action = generated(sale, 2)
    run(action)

    assert (sale.vouchers.count(), action.done_count, action.failed_count) == (10, 2, 0)


def test_a_pattern_that_is_used_up_is_told(project):
    sale = a_coupon_campaign(project, vouchers_count=8, code_config={"pattern": "#", "charset": "abcdefghij"})

    action = generated(sale, 5)
    run(action)

    assert (sale.vouchers.count(), action.done_count, action.failed_count) == (10, 2, 1)
    assert action.failed[0]["reason"] == "invalid_code_config: the code configuration allows no further code"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_action_make_no_more_than_one(monkeypatch):
    monkeypatch.setattr("campaigns.generation.CHUNK", 10)
    sale = a_coupon_campaign(ProjectFactory())
    action = generated(sale, 95)

    at_once([lambda: RunAction().handle({"action": str(action.pk)})] * 2)

    assert sale.vouchers.count() == 95


def test_a_campaign_tells_how_far_its_codes_are(project):
    sale = a_coupon_campaign(project, vouchers_count=CHUNK + 1)

    before = (sale.vouchers.count(), sale.generation.status)
    handle_due()

    sale.generation.refresh_from_db()
    assert (before, sale.vouchers.count(), sale.generation.status) == ((0, "ENQUEUED"), CHUNK + 1, "DONE")


@pytest.mark.parametrize(
    ("fields", "count", "key"),
    [
        ({}, 100_001, "invalid_payload"),
        ({"code_config": {"pattern": "A#", "charset": "aA"}}, 2, "invalid_code_config"),
        ({"type": "STANDALONE"}, 2, "invalid_campaign"),
    ],
)
def test_codes_that_cannot_be_are_refused_at_once(project, fields, count, key):
    sale = a_coupon_campaign(project, **fields)

    with pytest.raises(Refusal) as refused:
        generated(sale, count)

    assert (refused.value.key, AsyncAction.objects.count()) == (key, 0)


def test_what_a_code_cannot_have_is_refused_at_once(project):
    with pytest.raises(InvalidPayload, match=r"^Property .active must be boolean$"):
        generated(a_gift_campaign(project), 2, overrides={"active": "no"})


def test_making_a_chunk_costs_the_same_for_ten_codes_and_for_a_thousand(project, django_assert_num_queries):
    sale = a_coupon_campaign(project)

    for count in (10, 1_000):
        with django_assert_num_queries(1):
            assert make_many(sale, count, now=NOW) == count

    assert Voucher.objects.filter(campaign=sale, created_at=NOW).count() == 1_010


def test_every_character_of_a_charset_is_drawn(project):
    charset = "abcé😀"
    codes = random_codes({"pattern": "%#-#%", "charset": charset}, 500)

    assert {code[1] for code in codes} == {code[3] for code in codes} == set(charset)
    assert {code[0] + code[2] + code[4] for code in codes} == {"%-%"}
    assert possible_codes(project, {"pattern": "#-#", "charset": "aAb"}) == 4
