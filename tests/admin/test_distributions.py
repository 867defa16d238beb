"""Distributions are made, changed and switched on pages, and tell what came of them."""

import pytest
from django.urls import reverse

from campaigns.creation import set_active
from campaigns.deletion import delete_campaign
from campaigns.models import CodeSupply
from campaigns.vouchers import add_code
from distributions.models import Delivery, Distribution
from projects.models import Project, Role
from tests.admin.people import a_member, signed_in
from tests.distributions.world import MAIL, a_distribution, deliver_due
from tests.rules.world import a_validation_rule
from tests.segments.world import a_segment
from tests.world import NOW, TESTER, a_coupon_campaign, a_definition, accept, an_event, customer

ADD = reverse("admin:distributions_distribution_add")


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
        "webhook_url": "https://crm.example/hook",
        "webhook_event_name": "reminder",
    }
    return said | fields


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
        webhook_headers="X-Token: secret",
        email_subject="Come back",
        email_body="Take {{code}}",
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
    body = posted(
        project,
        definition="",
        webhook_url="ftp://x",
        webhook_headers="Host: a",
        email_subject="{{",
        email_body="",
    )

    errors = marketer.post(ADD, body).context["adminform"].form.errors

    assert errors.keys() == {"definition", "webhook_url", "webhook_headers", "email_subject", "email_body"}


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
