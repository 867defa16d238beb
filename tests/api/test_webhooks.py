"""Webhooks over the management API: who is to hear of what."""

import pytest
from voucherify.models import ManagementProjectsWebhook

from projects.models import ApiKey, AuditEntry
from tests.webhooks.sent import run
from tests.webhooks.world import a_webhook, bodies
from tests.world import TESTER, a_coupon_campaign, a_gift_campaign, a_loyalty_programme, a_published_code
from webhooks.event_types import EVENT_TYPES, MISSPELLED, UNKNOWN_TO_SDKS, as_sdks_spell
from webhooks.models import SendOut, Webhook
from webhooks.subscribing import Subscription, create_webhook

URL = "https://shop.example/hook"
ADDED = "voucher.loyalty_card.points_added"
GENERATION = "campaign.vouchers.generation"


@pytest.fixture
def path(project):
    return f"/management/v1/projects/{project.public_id}/webhooks"


def test_a_webhook_is_made_changed_and_deleted(api, project, path):
    made = api.post(path, {"target_url": URL, "events": [ADDED, "customer.custom_event"]}).body
    revision = project.revision
    changed = api.put(f"{path}/{made['id']}", {"target_url": f"{URL}/2", "events": [ADDED], "active": False}).body
    kept = api.put(f"{path}/{made['id']}", {"target_url": URL, "events": ["customer.created"], "active": None}).body

    assert made == {
        "id": Webhook.objects.get().public_id,
        "target_url": URL,
        "events": [ADDED, "customer.custom_event"],
        "active": True,
        "created_at": made["created_at"],
        "object": "webhook",
    }
    assert (changed["target_url"], changed["events"], changed["active"]) == (f"{URL}/2", [ADDED], False)
    assert (kept["events"], kept["active"]) == (["customer.created"], False)
    assert api.get(f"{path}/{made['id']}").body == kept
    assert [api.delete(f"{path}/{made['id']}").status for _ in range(2)] == [204, 404]
    project.refresh_from_db()
    actions = list(AuditEntry.objects.filter(target_type="webhook").order_by("id").values_list("action", flat=True))
    assert actions == ["webhook.created", "webhook.updated", "webhook.updated", "webhook.deleted"]
    assert project.revision > revision


def test_both_spellings_are_taken_the_right_one_is_stored_and_the_sent_one_answered(api, path):
    wrong = MISSPELLED[ADDED]

    answers = [api.post(path, {"target_url": URL, "events": sent}).body for sent in ([wrong], [ADDED, wrong], [ADDED])]

    assert [answer["events"] for answer in answers] == [[wrong], [ADDED, wrong], [ADDED]]
    assert [webhook.events for webhook in Webhook.objects.order_by("id")] == [[ADDED]] * 3


def test_what_people_chose_can_be_read_by_the_sdks(api, project, path):
    every = sorted(EVENT_TYPES)
    create_webhook(project, Subscription(URL, every, by_api=False), by=TESTER)

    answered = api.get(path).body["data"][0]

    assert answered["events"] == as_sdks_spell(every)
    assert len(answered["events"]) == len(EVENT_TYPES) - len(UNKNOWN_TO_SDKS)
    assert ManagementProjectsWebhook.from_dict(answered).events == answered["events"]
    assert {ADDED, *UNKNOWN_TO_SDKS}.isdisjoint(answered["events"])


@pytest.mark.parametrize(
    ("parts", "paths"),
    [
        ({"target_url": "ftp://shop.example", "events": ["customer.sneezed"]}, ["target_url", "events.0"]),
        ({"target_url": "shop.example"}, ["target_url"]),
        ({"target_url": "https://"}, ["target_url"]),
        ({"target_url": "https://shop.example:99999"}, ["target_url"]),
        ({"target_url": "https://[::1"}, ["target_url"]),
        ({"target_url": "https://shop.example/a b"}, ["target_url"]),
        ({"target_url": "https://shop.example/\nx"}, ["target_url"]),
        ({"target_url": "https://" + "a" * 2000}, ["target_url"]),
        ({"events": []}, ["events"]),
        ({"events": "customer.created"}, ["events"]),
        ({"events": ["customer.created", 5, None]}, ["events.1", "events.2"]),
        ({"target_url": None, "events": None}, ["target_url", "events"]),
    ],
)
def test_what_cannot_be_called_or_told_is_refused(api, path, count_rows, parts, paths):
    before = count_rows()

    answer = api.post(path, {"target_url": URL, "events": ["customer.created"]} | parts)

    assert (answer.status, answer.key, answer.paths) == (400, "invalid_payload", paths)
    assert count_rows() == before


@pytest.mark.parametrize("count", [2, 20])
def test_the_list_costs_the_same_for_two_and_for_twenty(api, project, path, count, django_assert_num_queries):
    for number in range(count):
        create_webhook(project, Subscription(f"{URL}/{number}", ["customer.created"]), by=TESTER)
    api.get(path)

    with django_assert_num_queries(2):
        listed = api.get(path).body

    assert (listed["total"], listed["data"][0]["target_url"]) == (count, f"{URL}/{count - 1}")


def test_who_changes_codes_and_balances_over_the_api_is_told(api, project):
    a_webhook(project, *EVENT_TYPES)
    sale, gifts = a_coupon_campaign(project), a_gift_campaign(project)
    card = a_published_code(a_loyalty_programme(project), "CARD", to="ben")
    bodies()
    server = ApiKey.objects.get(project=project, kind="server")
    calls = [
        ("post", "/v1/vouchers/ALONE", {"discount": {"type": "AMOUNT", "amount_off": 5}}, "voucher.created"),
        ("put", "/v1/vouchers/ALONE", {"category": "x"}, "voucher.updated"),
        ("post", "/v1/vouchers/ALONE/disable", {}, "voucher.disabled"),
        ("post", "/v1/vouchers/ALONE/enable", {}, "voucher.enabled"),
        ("delete", "/v1/vouchers/ALONE", None, "voucher.deleted"),
        ("post", f"/v1/campaigns/{sale.public_id}/vouchers", {}, "campaign.vouchers.added"),
        ("post", f"/v1/campaigns/{gifts.public_id}/vouchers/GIFT", {}, "voucher.created"),
        ("post", "/v1/vouchers/GIFT/balance", {"amount": 5}, "voucher.gift.balance_added"),
        ("post", f"/v1/vouchers/{card.code}/balance", {"amount": 5}, "voucher.loyalty_card.points_added"),
        ("post", "/v1/customers", {"source_id": "cleo"}, "customer.created"),
        ("put", "/v1/customers/cleo", {"name": "Cleo"}, "customer.updated"),
        ("post", "/v1/publications", {"campaign": "Sale", "customer": {"source_id": "cleo"}}, "publication.succeeded"),
        ("delete", "/v1/customers/cleo", None, "customer.deleted"),
        ("post", f"/v1/campaigns/{sale.public_id}/vouchers?vouchers_count=2", {}, f"{GENERATION}.completed"),
        ("post", f"/v1/campaigns/{sale.public_id}/import", [{"code": "A"}], "campaign.vouchers.added"),
        ("post", "/v1/vouchers/bulk/async", [{"code": "A", "metadata": {"a": 1}}], "voucher.updated"),
    ]

    for method, path, body, name in calls:
        answer = getattr(api, method)(path, *([] if body is None else [body]))
        assert answer.status < 300, (path, answer.body)
        run("async_action")
        told = {told["type"]: told["event"]["event_source"] for told in bodies()}
        SendOut.objects.all().delete()
        assert told[name]["channel"] == "API", path
        assert told[name]["api_key"] == {"name": server.key_id, "app_id": None}, path
