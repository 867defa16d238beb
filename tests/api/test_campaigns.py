"""`/v1/campaigns` and `/v1/loyalties`: made as asked, or refused with the reason."""

import pytest

from campaigns.models import Campaign
from tests.api.bodies import campaign, programme, reward


@pytest.fixture
def count_campaigns(shop):
    return lambda: Campaign.objects.filter(project=shop.project).count()


def test_a_referral_campaign_is_answered_as_it_was_asked_for(api, shop):
    body = api.post("/v1/campaigns", campaign(shop)).body

    assert {name: body[name] for name in ("name", "campaign_type", "type", "join_once", "auto_join", "active")} == {
        "name": "Bring another",
        "campaign_type": "REFERRAL_PROGRAM",
        "type": "STATIC",
        "join_once": False,
        "auto_join": False,
        "active": True,
    }
    assert body["voucher"] == {
        "type": "DISCOUNT_VOUCHER",
        "redemption": {"quantity": None},
        "code_config": {"length": 8, "charset": "ABC", "prefix": "P"},
        "is_referral_code": True,
        "discount": {"type": "PERCENT", "percent_off": 10},
    }
    assert (body["vouchers_count"], body["start_date"], body["expiration_date"], body["metadata"]) == (
        1,
        "2026-11-22T10:00:00.000Z",
        None,
        {"a": 1},
    )
    assert (body["creation_status"], body["vouchers_generation_status"], body["object"]) == (
        "DONE",
        "DONE",
        "campaign",
    )


def test_the_referral_part_is_answered_with_amounts_as_the_sdk_parses_them(api, shop):
    program = api.post("/v1/campaigns", campaign(shop)).body["referral_program"]

    club = {"id": shop.club.public_id, "name": shop.club.name, "object": "CAMPAIGN"}
    tier = program.pop("tiers")[0]
    assert program == {
        "conversion_event_type": "custom_event",
        "custom_event": {"id": shop.definition.public_id, "name": shop.definition.name},
        "referee_reward": {"related_object_parent": club, "type": "LOYALTY_CARD", "amount": "5"},
    }
    assert {name: tier[name] for name in ("criterion", "banner", "reward", "active", "object")} == {
        "criterion": "EACH",
        "banner": "Thanks",
        "reward": {"type": "LOYALTY_CARD", "related_object_parent": club, "amount": 5},
        "active": True,
        "object": "referral_tier",
    }


def test_what_is_made_is_read_by_id_and_by_name(api, shop):
    made = api.post("/v1/campaigns", campaign(shop) | {"name": "50 % off / é"}).body

    assert api.get(f"/v1/campaigns/{made['id']}").body == made
    assert api.get("/v1/campaigns/50%20%25%20off%20%2F%20%C3%A9").body == made


def test_a_programme_is_made_by_either_route(api, shop):
    one = api.post("/v1/loyalties", programme(shop)).body
    other = api.post("/v1/campaigns", programme(shop) | {"name": "Silver"}).body

    assert one["voucher"] == {
        "type": "LOYALTY_CARD",
        "redemption": {"quantity": None},
        "code_config": {"pattern": "G-####"},
        "is_referral_code": False,
        "loyalty_card": {"points": 0},
    }
    assert {name for name in one if one[name] != other[name]} == {"id", "name", "created_at"}
    assert (one["campaign_type"], one["join_once"], "referral_program" in one) == ("LOYALTY_PROGRAM", True, False)


@pytest.mark.parametrize("text", ["5", 5])
def test_a_whole_number_may_come_as_text_where_the_sdks_send_it_so(api, shop, text):
    body = campaign(shop)
    body["referral_program"]["referee_reward"] = reward(shop) | {"amount": text}

    assert api.post("/v1/campaigns", body).body["referral_program"]["referee_reward"]["amount"] == "5"


def without(body, *names):
    inner = body
    for name in names[:-1]:
        inner = inner[name]
    del inner[names[-1]]
    return body


@pytest.mark.parametrize(
    ("change", "key", "details"),
    [
        (lambda body: without(body, "name"), "invalid_payload", "Payload must have required property 'name'"),
        (
            lambda body: body | {"name": ""},
            "invalid_payload",
            "Property .name is invalid: This field may not be blank.",
        ),
        (lambda body: without(body, "voucher"), "invalid_payload", "Payload must have required property 'voucher'"),
        (
            lambda body: without(body, "voucher", "discount"),
            "invalid_campaign_params",
            "Property 'discount' is required for REFERRAL_PROGRAM campaign",
        ),
        (
            lambda body: without(body, "referral_program"),
            "invalid_payload",
            "Payload must have required property 'referral_program'",
        ),
        (
            lambda body: without(body, "referral_program", "custom_event"),
            "invalid_payload",
            "Property .referral_program must have required property 'custom_event'",
        ),
        (
            lambda body: without(body, "referral_program", "conversion_event_type"),
            "invalid_payload",
            "Property .referral_program must have required property 'conversion_event_type'",
        ),
        (
            lambda body: body | {"validity_hours": {"daily": []}},
            "invalid_payload",
            "Property .validity_hours must have 'daily', an array of {start_time, expiration_time, days_of_week} "
            "with times as HH:mm",
        ),
        (
            lambda body: body | {"expiration_date": "2026-11-22T10:00:00Z"},
            "invalid_payload",
            "Property .expiration_date must be after .start_date",
        ),
        (
            lambda body: body | {"campaign_type": "GIFT_VOUCHERS"},
            "invalid_campaign_params",
            "Property 'gift' is required for GIFT_VOUCHERS campaign",
        ),
        (
            lambda body: body | {"vouchers_count": 100_001},
            "invalid_payload",
            "Property .vouchers_count must be from 0 to 100000",
        ),
        (
            lambda body: (
                body | {"vouchers_count": 2, "voucher": body["voucher"] | {"code_config": {"pattern": "ONE"}}}
            ),
            "invalid_code_config",
            "The code configuration does not allow that many codes",
        ),
    ],
)
def test_a_campaign_that_cannot_be_is_refused_and_not_made(api, shop, count_campaigns, change, key, details):
    before = count_campaigns()

    answer = api.post("/v1/campaigns", change(campaign(shop)))

    assert (answer.status, answer.key, answer.body["details"], count_campaigns()) == (400, key, details, before)


def test_nothing_of_a_tier_may_be_null(api, shop, count_campaigns):
    body, before = campaign(shop), count_campaigns()
    body["referral_program"]["tiers"] = [None]

    answer = api.post("/v1/campaigns", body)

    assert (answer.status, answer.paths, count_campaigns()) == (400, ["referral_program.tiers.0"], before)


def test_a_name_in_use_is_a_conflict(api, shop):
    answer = api.post("/v1/campaigns", campaign(shop) | {"name": shop.club.name})

    assert (answer.status, answer.key, answer.body["resource_type"]) == (409, "duplicate_found", "campaign")


def test_a_campaigns_type_follows_from_what_its_codes_are(api):
    discount = {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}
    gift = {"gift": {"amount": 5000, "effect": "APPLY_TO_ITEMS"}}

    sale = api.post("/v1/campaigns", {"name": "Sale", "voucher": discount}).body
    cards = api.post("/v1/campaigns", {"name": "Cards", "voucher": gift}).body
    promotion = api.post("/v1/campaigns", {"name": "Week", "promotion": {"tiers": []}}).body

    assert [body["campaign_type"] for body in (sale, cards, promotion)] == [
        "DISCOUNT_COUPONS",
        "GIFT_VOUCHERS",
        "PROMOTION",
    ]
    assert (sale["voucher"]["discount"], cards["voucher"]["gift"]) == (discount["discount"], gift["gift"])
    assert (promotion["promotion"]["tiers"], promotion["vouchers_count"], "voucher" in promotion) == ([], 0, False)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["zebra gifts", "zebra referrals", "zebra club"]),
        ({"order": "created_at"}, ["zebra club", "zebra referrals", "zebra gifts"]),
        ({"is_referral_code": "true"}, ["zebra referrals"]),
        ({"campaign_status": "DONE", "is_referral_code": "false"}, ["zebra gifts", "zebra club"]),
        ({"campaign_status": "FAILED"}, []),
        ({"filters[campaigns][conditions][$contains]": "club"}, ["zebra club"]),
        ({"filters[voucher_type][conditions][$is]": "GIFT_VOUCHER"}, ["zebra gifts"]),
        ({"filters[active][conditions][$disabled]": "true"}, []),
        ({"filters[campaign_status][conditions][$is_not]": "IN_PROGRESS", "limit": "1"}, ["zebra gifts"]),
        ({"campaign_type": "LOYALTY_PROGRAM"}, ["zebra club"]),
        ({"campaign_type": "PROMOTION"}, []),
    ],
)
def test_campaigns_are_listed(api, shop, query, names):
    assert [item["name"] for item in api.get("/v1/campaigns", **query).body["campaigns"]] == names


def test_codes_are_added_by_pattern_and_by_choice(api, shop):
    path = f"/v1/campaigns/{shop.referrals.public_id}/vouchers"

    random, chosen = api.post(path).body, api.post(f"{path}/A%2FB%20%C3%A9").body

    assert (len(random["code"]), chosen["code"]) == (8, "A/B é")
    assert (chosen["is_referral_code"], chosen["holder_id"], chosen["publish"]["count"]) == (True, None, 0)
    assert api.get("/v1/vouchers/a%2Fb%20%C3%89").body == chosen


def test_a_code_has_at_most_255_characters(api, shop):
    path = f"/v1/campaigns/{shop.referrals.public_id}/vouchers/"

    assert [api.post(path + "a" * length).status for length in (255, 256)] == [200, 400]


@pytest.mark.parametrize("count", ["0", "100001", "x"])
def test_codes_are_added_in_numbers_that_can_be(api, shop, count):
    answer = api.raw("POST", f"/v1/campaigns/{shop.referrals.public_id}/vouchers?vouchers_count={count}")

    assert (answer.status, answer.key) == (400, "invalid_query_params")
