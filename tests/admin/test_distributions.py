"""Distributions are made, changed and switched on pages, and tell what came of them."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.creation import set_active
from campaigns.deletion import delete_campaign
from campaigns.models import CodeSupply, Voucher
from campaigns.vouchers import add_code
from common.jsons import dumps, parse
from distributions.checking import Limit
from distributions.models import Delivery, Distribution
from projects.models import Project, Role
from tests.admin.people import a_member, signed_in
from tests.distributions.world import HOOK, MAIL, a_distribution, deliver_due
from tests.rules.world import a_validation_rule
from tests.segments.world import a_segment
from tests.world import NOW, TESTER, a_coupon_campaign, a_definition, accept, an_event, customer

ADD = reverse("admin:distributions_distribution_add")
PREVIEW = reverse("admin:distributions_distribution_preview")


@pytest.fixture
def marketer(project):
    return signed_in(a_member(project, Role.MARKETER))


@pytest.fixture
def cart(project):
    return a_definition(project, "cart_abandoned", {"amount": {"type": "number", "optional": True}})


def posted(project, **fields):
    said = {
        "project": project.pk,
        "name": "Reminder",
        "active": "on",
        "trigger": "custom_event",
        "action": "MESSAGE",
        **cards(WEBHOOK),
    }
    return said | fields


WEBHOOK = {"type": "webhook", "webhook_target_url": "https://crm.example/hook", "webhook_event_name": "reminder"}
EMAIL = {"type": "email", "email_subject": "Come back", "email_body": "Take {{code}}"}


def cards(*channels, stored=0):
    """What the cards of the channels post."""
    said = {"channels-TOTAL_FORMS": len(channels), "channels-INITIAL_FORMS": stored}
    for place, channel in enumerate(channels):
        said |= {f"channels-{place}-{name}": value for name, value in channel.items()}
    return said


def as_shown(form):
    """What a browser posts of a page that nobody has touched."""
    said = {name: form[name].value() for name in form.fields}
    rows = [{name: card[name].value() for name in card.fields} for card in form.channels]
    said |= cards(*rows, stored=len(rows))
    return {
        name: re.sub("\r\n|\r|\n", "\r\n", value) if isinstance(value, str) else value
        for name, value in said.items()
        if value is not None and value is not False
    }


def card_errors(answer):
    form = answer.context["adminform"].form
    return [dict(card.errors) for card in form.channels]


def test_a_distribution_is_made_and_changed_without_any_json(marketer, project, cart):
    campaign = a_coupon_campaign(project, type=CodeSupply.AUTO_UPDATE)
    rule = a_validation_rule(
        project, {"1": {"name": "custom_event.metadata", "property": "amount", "conditions": {"$more_than": [5]}}}
    )
    body = posted(
        project,
        definition=cart.pk,
        action="PUBLISH_CODE",
        campaign=campaign.pk,
        validation_rule=rule.public_id,
        **cards(WEBHOOK | {"webhook_headers": "X-Token: secret"}, EMAIL),
        delay="2 hours",
        limit_count="2",
        limit_period="7 days",
    )

    answer = marketer.post(ADD, body)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = Distribution.objects.get()
    assert (made.definition, made.campaign, made.delay) == (cart, campaign, "PT2H")
    assert (made.limit_count, made.limit_period) == (2, "P7D")
    assert [channel["type"] for channel in made.channels] == ["webhook", "email"]
    assert made.channels[0]["headers"] == {"X-Token": "secret"}
    page = reverse("admin:distributions_distribution_change", args=[made.pk])
    form = marketer.get(page).context["adminform"].form
    assert form["delay"].value() == "2 hours"
    assert form["validation_rule"].value() == rule.public_id
    assert marketer.post(page, body | {"name": "Other", "limit_count": "", "limit_period": ""}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.limit_count) == ("Other", None)


def test_what_does_not_belong_to_the_trigger_is_left_out(marketer, project, cart):
    segment = a_segment(project, {"name": {"conditions": {"$is_unknown": ""}}})
    body = posted(project, trigger="segment.entered", segment=segment.public_id, definition=cart.pk)

    assert marketer.post(ADD, body).status_code == 302

    assert (Distribution.objects.get().segment_id, Distribution.objects.get().definition) == (segment.pk, None)


def test_errors_stand_beside_their_fields(marketer, project, cart):
    webhook = {"type": "webhook", "webhook_target_url": "ftp://x", "webhook_headers": "Host: a"}
    own = WEBHOOK | {"webhook_sends": "data"}
    body = posted(
        project,
        definition="",
        **cards(
            webhook,
            {"type": "email", "email_subject": "{{", "email_body": ""},
            own,
            own | {"webhook_payload": '{"a": '},
            own | {"webhook_payload": '{"a": [{"b": "{{x|y}}"}]}', "webhook_headers": "plain"},
            own | {"webhook_payload": '{"a": [{"b": "{{x|y}}"}]}'},
            WEBHOOK | {"webhook_headers": "X-A: 1\nX-A: 2"},
        ),
    )

    answer = marketer.post(ADD, body)

    found = card_errors(answer)
    assert [sorted(errors) for errors in found] == [
        ["webhook_headers", "webhook_target_url"],
        ["email_body", "email_subject"],
        ["webhook_payload"],
        ["webhook_payload"],
        ["webhook_headers"],
        ["webhook_payload"],
        ["webhook_headers"],
    ]
    assert found[2]["webhook_payload"] == ["Say what is sent, or choose “Everything there is to tell”."]
    assert "is not JSON" in found[3]["webhook_payload"][0] and "column 6" in found[3]["webhook_payload"][0]
    assert found[5]["webhook_payload"] == [
        "a.0.b: Must name data by a path such as customer.name between double braces"
    ]
    assert Distribution.objects.count() == 0


def test_a_message_without_a_channel_is_told_so_where_channels_are(marketer, project, cart):
    answer = marketer.post(ADD, posted(project, definition=cart.pk, **cards()))

    assert "A message needs a channel: add an e-mail or a webhook." in answer.text


def test_what_the_api_made_survives_a_save_of_the_page(marketer, project, cart):
    full = {
        "type": "webhook",
        "target_url": "https://crm.example/hook",
        "event_name": " spaced ",
        "headers": {"X-B": "b: c", "X-A": "1"},
        "payload": {"z": Decimal("1.50"), "a": ["{{code}}", {"deep": "line\nbreak \r\n“”"}], "n": None, "e": {}},
        "envelope": False,
    }
    channels = [
        MAIL | {"body": "one\r\ntwo\rthree\nfour {{code}}  "},
        full,
        HOOK,
        full | {"envelope": True, "payload": {}},
        MAIL | {"body": "\n<p>{{event.metadata.amount}}</p>\n"},
    ]
    row = a_distribution(project, definition=cart, channels=channels, delay="P1DT2H", limit=Limit(1, "P7D"))
    row.refresh_from_db()
    before = (row.channels, row.delay, row.limit_period)
    page = reverse("admin:distributions_distribution_change", args=[row.pk])

    answer = marketer.post(page, as_shown(marketer.get(page).context["adminform"].form))

    assert answer.status_code == 302, card_errors(answer)
    row.refresh_from_db()
    assert dumps([row.channels, row.delay, row.limit_period]) == dumps(list(before))


def test_channels_are_added_removed_and_changed_apart_from_one_another(marketer, project, cart):
    row = a_distribution(project, definition=cart, channels=[HOOK, MAIL, MAIL | {"subject": "Second"}])
    page = reverse("admin:distributions_distribution_change", args=[row.pk])
    said = as_shown(marketer.get(page).context["adminform"].form)
    said |= {"channels-1-DELETE": "on", "channels-2-email_body": "New", "channels-TOTAL_FORMS": 4}
    payload = '{"who": "{{customer.source_id}}"}'
    added = {"type": "webhook", "webhook_target_url": "https://b.example", "webhook_sends": "alone"}
    said |= {f"channels-3-{name}": value for name, value in (added | {"webhook_payload": payload}).items()}

    assert marketer.post(page, said).status_code == 302

    row.refresh_from_db()
    own = {"target_url": "https://b.example", "event_name": "", "headers": {}, "envelope": False}
    assert row.channels[1:] == [
        {"type": "email", "subject": "Second", "body": "New"},
        {"type": "webhook", **own, "payload": {"who": "{{customer.source_id}}"}},
    ]
    assert row.channels[0]["target_url"] == HOOK["target_url"]


def test_the_preview_is_filled_with_a_real_past_event(marketer, project, cart):
    campaign = a_coupon_campaign(project, type=CodeSupply.AUTO_UPDATE, code_config={"pattern": "BACK-##"})
    accept(project, an_event("cart_abandoned", by="ann", metadata={"amount": 12}))
    own = WEBHOOK | {"webhook_sends": "alone", "webhook_payload": '{"a": "{{event.metadata.amount}}"}'}
    body = posted(project, definition=cart.pk, action="PUBLISH_CODE", campaign=campaign.pk, name="")

    told = marketer.post(PREVIEW, body | cards(own, EMAIL, WEBHOOK, {"type": "email", "email_subject": "{{"})).json()

    shown = told["channels"]
    assert told["about"].startswith("Filled with what happened to ann on ")
    assert parse(shown["channels-0"].encode()) == {"a": 12}
    assert re.fullmatch(
        r"Subject: Come back\n\nTake BACK-..\n\n--\nUnsubscribe: https://…/unsubscribe/…\n", shown["channels-1"]
    )
    envelope = parse(shown["channels-2"].encode())
    assert (envelope["type"], envelope["data"]["event"]["metadata"]) == ("reminder", {"amount": 12})
    assert shown["channels-3"].startswith("Not complete yet: ")
    values = dict(told["values"])
    assert (values["customer.source_id"], values["event.metadata.amount"]) == ("ann", "12")
    assert values["code"].startswith("BACK-")
    assert Voucher.objects.count() == 0 and not Delivery.objects.exists()


@pytest.mark.parametrize("trigger", ["segment.entered", "referral.converted", "points.earned", "tier.changed"])
def test_the_preview_is_made_up_where_nothing_has_happened(marketer, project, cart, trigger):
    segment = a_segment(project, {"name": {"conditions": {"$is_unknown": ""}}}, name="Nameless")
    body = posted(project, trigger=trigger, segment=segment.public_id, **cards(WEBHOOK, EMAIL))

    before = marketer.post(PREVIEW, body).json()
    accept(project, an_event("cart_abandoned", by="ann"))
    after = marketer.post(PREVIEW, body).json()

    assert before["about"] == "Nothing has happened yet, so this is made up."
    assert (dict(before["values"])["customer.name"], dict(after["values"])["customer.source_id"]) == (
        "Ann Example",
        "ann",
    )
    named = dict(after["values"]).get("segment.name")
    assert named == ("Nameless" if trigger == "segment.entered" else None)


def test_the_preview_knows_the_properties_of_an_event_that_was_never_sent(marketer, project, cart):
    own = WEBHOOK | {"webhook_sends": "alone", "webhook_payload": '{"a": "{{event.metadata.amount}}"}'}

    told = marketer.post(PREVIEW, posted(project, definition=cart.pk, **cards(own))).json()

    assert parse(told["channels"]["channels-0"].encode()) == {"a": 12}
    assert ["event.metadata.amount", "12"] in told["values"]


def test_the_preview_masks_what_is_personal_and_is_no_way_to_other_tenants(marketer, project, mallorys_project):
    secret = a_definition(project, "told", {"note": {"type": "string", "optional": True, "personal": True}})
    theirs = a_definition(mallorys_project, "theirs")
    accept(project, an_event("told", by="ann", metadata={"note": "zebra"}))
    accept(mallorys_project, an_event("theirs", by="giraffe"))
    viewer = signed_in(a_member(project, Role.VIEWER))
    body = posted(project, definition=secret.pk)

    assert "zebra" not in marketer.post(PREVIEW, body).text
    assert "giraffe" not in marketer.post(PREVIEW, body | {"definition": theirs.pk}).text
    assert marketer.post(PREVIEW, body | {"project": mallorys_project.pk}).status_code == 403
    assert viewer.post(PREVIEW, body).status_code == 403
    assert marketer.get(PREVIEW).status_code == 403
    row = a_distribution(mallorys_project, definition=theirs)
    assert "giraffe" not in marketer.post(PREVIEW, body | {"distribution": row.pk}).text


def test_a_viewer_sees_the_channels_and_changes_none(project, cart):
    row = a_distribution(project, definition=cart, channels=[HOOK, MAIL])
    viewer = signed_in(a_member(project, Role.VIEWER))

    page = viewer.get(reverse("admin:distributions_distribution_change", args=[row.pk]))

    assert [card.fields["type"].disabled for card in page.context["channels"]] == [True, True]
    assert "https://hooks.example/boon" in page.text and "data-add" not in page.text


def test_the_page_of_a_customer_and_of_the_event_say_why(marketer, project, cart):
    a_distribution(project, definition=cart)
    (accepted,) = accept(project, an_event("cart_abandoned", by="ann"))
    deliver_due(project)

    person = marketer.get(reverse("admin:customers_customer_change", args=[customer(project, "ann").pk]))
    event = marketer.get(reverse("admin:events_event_change", args=[accepted.event.pk]))
    delivery = marketer.get(reverse("admin:distributions_delivery_change", args=[Delivery.objects.get().pk]))

    assert "Reminder" in person.text and "Delivered" in person.text
    assert "Delivery scheduled" in event.text and "Reminder" in event.text
    assert "webhook to https://hooks.example/boon" in delivery.text


@pytest.mark.parametrize(
    ("codes", "people", "words"),
    [
        (0, 0, "It has no codes yet."),
        (0, 1, "It has no codes yet, and 1 delivery waits for one."),
        (1, 1, "None of its 1 code is left."),
        (2, 4, "None of its 2 codes is left, and 2 deliveries wait for some."),
        (11, 10, "1 of its 11 codes is left."),
    ],
)
def test_codes_that_run_low_are_told_in_words(marketer, project, cart, codes, people, words):
    few = a_coupon_campaign(project, name="Few", join_once=False)
    for number in range(codes):
        add_code(few, f"C-{number}", by=TESTER)
    row = a_distribution(project, definition=cart, campaign=few)
    for number in range(people):
        accept(project, an_event("cart_abandoned", by=f"person-{number}"))
    deliver_due(project)

    page = marketer.get(reverse("admin:distributions_distribution_change", args=[row.pk]))
    campaign_page = marketer.get(reverse("admin:campaigns_campaign_change", args=[few.pk]))

    assert f"“Few” runs out of codes. {words} Add codes on its page." in page.text
    assert f"Codes run low. {words}" in campaign_page.text


def test_a_campaign_whose_codes_are_worth_nothing_is_told(marketer, project, cart):
    off = a_coupon_campaign(project, name="Off", type=CodeSupply.AUTO_UPDATE)
    over = a_coupon_campaign(project, name="Over", type=CodeSupply.AUTO_UPDATE, expiration_date=NOW)
    set_active(off, False, by=TESTER, now=NOW)
    rows = [a_distribution(project, name=row.name, definition=cart, campaign=row) for row in (off, over)]

    pages = [marketer.get(reverse("admin:distributions_distribution_change", args=[row.pk])).text for row in rows]

    assert "“Off” is switched off" in pages[0]
    assert "“Over” has ended" in pages[1]


def test_a_distribution_whose_campaign_is_deleted_asks_for_another(marketer, project, cart):
    sale, other = (a_coupon_campaign(project, name=name, type=CodeSupply.AUTO_UPDATE) for name in ("Sale", "Other"))
    row = a_distribution(project, definition=cart, campaign=sale)
    delete_campaign(sale, force=True, by=TESTER, request_id="", now=NOW)
    page = reverse("admin:distributions_distribution_change", args=[row.pk])
    body = posted(project, definition=cart.pk, action="PUBLISH_CODE", campaign=sale.pk)

    shown = marketer.get(page).text
    refused = marketer.post(page, body).context["adminform"].form.errors
    switched = marketer.post(
        reverse("admin:distributions_distribution_changelist"),
        {"action": "enable", "_selected_action": [row.pk]},
        follow=True,
    ).text

    assert "“Sale” is deleted. Choose another campaign" in shown and "Sale (deleted)" in shown
    assert refused == {"campaign": ["Names a campaign that is deleted"]}
    assert "“Reminder” cannot be switched on: its campaign is deleted." in switched
    assert marketer.post(page, body | {"campaign": other.pk}).status_code == 302
    row.refresh_from_db()
    assert (row.campaign, row.active) == (other, True)


def test_what_failed_is_tried_again_by_a_marketer_alone(marketer, project, cart):
    a_distribution(project, definition=cart, channels=[MAIL])
    accept(project, an_event("cart_abandoned", by="ann"))
    deliver_due(project)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason) == ("failed", "no_email")
    page = reverse("admin:distributions_delivery_resend", args=[delivery.pk])

    assert signed_in(a_member(project, Role.VIEWER)).post(page).status_code == 403
    assert marketer.post(page).status_code == 302

    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("scheduled", "")


def test_the_page_of_a_delivery_says_by_which_channel_and_costs_the_same_for_many(marketer, project, cart):
    def statements(channels):
        distribution = a_distribution(
            project, name=f"{channels}", definition=cart, channels=[HOOK] * channels + [MAIL]
        )
        accept(project, {**an_event("cart_abandoned"), "customer": {"source_id": "ann", "email": "ann@shop.example"}})
        deliver_due(project)
        delivery = Delivery.objects.get(distribution=distribution)
        delivery.outcomes[-1]["sent_at"] = "2026-11-22T10:00:00.000Z"
        delivery.save()
        with CaptureQueriesContext(connection) as queries:
            page = marketer.get(reverse("admin:distributions_delivery_change", args=[delivery.pk]))
        (panel,) = [panel for panel in page.context["boon_panels"] if panel.title == "By which channels"]
        return len(queries), panel.rows

    statements(1)  # whatever a process reads once, it has read by now
    few, _ = statements(2)
    many, rows = statements(5)

    assert few == many
    assert [getattr(row[1], "text", "") for row in rows[:5]] == ["Waiting, attempts: 0"] * 5
    assert rows[5][1].startswith('sent <time datetime="2026-11-22T10:00:00+00:00"')


def test_another_tenants_event_cannot_be_chosen(marketer, project, mallorys_project):
    foreign = a_definition(mallorys_project, "theirs")

    answer = marketer.post(ADD, posted(project, definition=foreign.pk))

    assert "definition" in answer.context["adminform"].form.errors


def test_quiet_hours_and_fatigue_are_set_on_the_projects_page(project):
    admin = signed_in(a_member(project, Role.ADMIN))
    page = reverse("admin:projects_project_change", args=[project.pk])
    form = admin.get(page).context["adminform"].form
    said = {name: form[name].value() for name in form.fields}
    said = {name: value for name, value in said.items() if value not in (None, False)}
    said |= {"quiet_start": "21:00", "quiet_end": "08:00", "fatigue_count": "3", "fatigue_period": "1 week"}

    assert admin.post(page, said).status_code == 302

    stored = Project.objects.get(pk=project.pk)
    assert stored.quiet_hours == {"start": "21:00", "end": "08:00"}
    assert stored.fatigue == {"count": 3, "period": "P1W"}
    del said["quiet_end"]
    assert "quiet_end" in admin.post(page, said).context["adminform"].form.errors
