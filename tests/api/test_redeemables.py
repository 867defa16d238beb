"""A customer's codes (contract d.4)."""

import pytest

from campaigns.models import Holder, Voucher
from tests.world import NOW, a_loyalty_programme, a_published_code


@pytest.fixture
def path(shop):
    return f"/v1/customers/{shop.ben.source_id}/redeemables"


def test_a_customer_has_the_codes_that_are_his_and_those_he_came_through(api, shop, path):
    body = api.get(path).body

    assert (body["object"], body["data_ref"], body["has_more"]) == ("list", "data", False)
    roles = {item["holder_role"]: item for item in body["data"]}
    assert set(roles) == {"OWNER", "REFEREE"}
    owned = roles["OWNER"]
    card = api.get(f"/v1/vouchers/{shop.card.code}").body
    assert owned.pop("created_at") and owned.pop("id").startswith("rh_")
    assert owned.pop("publication_id").startswith("pub_")
    assert owned == {
        "redeemable_id": shop.card.public_id,
        "redeemable_object": "voucher",
        "customer_id": shop.ben.public_id,
        "holder_role": "OWNER",
        "campaign_id": shop.club.public_id,
        "campaign_type": "LOYALTY_PROGRAM",
        "voucher_type": "LOYALTY_CARD",
        "metadata": {},
        "updated_at": None,
        "object": "redeemable_holder",
        "redeemable": {"type": "voucher", "voucher": card, "status": "ACTIVE"},
    }
    assert roles["REFEREE"]["redeemable"]["voucher"]["id"] == shop.code.public_id


@pytest.mark.parametrize(
    ("name", "value", "roles"),
    [
        ("[holder_role][conditions][$is]", "OWNER", ["OWNER"]),
        ("[voucher_type][conditions][$is_not]", "LOYALTY_CARD", ["REFEREE"]),
        ("[campaign_type][conditions][$in][0]", "REFERRAL_PROGRAM", ["REFEREE"]),
        ("[redeemable_object][conditions][$is]", "voucher", ["OWNER", "REFEREE"]),
        ("[redeemable_object][conditions][$not_in]", "voucher", []),
        ("[created_at][conditions][$after]", "2026-11-23", []),
    ],
)
def test_they_can_be_filtered(api, path, name, value, roles):
    body = api.get(path, **{f"filters{name}": value}).body

    assert sorted(item["holder_role"] for item in body["data"]) == roles


def test_a_cursor_leads_through_them(api, path):
    first, second = api.get(path, order="id").body["data"]

    assert api.get(path, limit="1").body["more_starting_after"] == second["id"]
    assert [item["id"] for item in api.get(path, starting_after_id=second["id"]).body["data"]] == [first["id"]]
    assert api.get("/v1/customers/nobody/redeemables").status == 404


def test_the_first_reason_that_a_code_cannot_be_used_is_told(api, project, shop, path):
    def status():
        shown = {item["holder_role"]: item["redeemable"] for item in api.get(path).body["data"]}
        return shown["REFEREE"]["status"]

    code = Voucher.objects.filter(pk=shop.code.pk)

    assert status() == "ACTIVE"
    code.update(expiration_date=NOW)
    assert status() == "EXPIRED"
    code.update(active=False)
    assert status() == "DISABLED"


@pytest.mark.parametrize("count", [2, 20])
def test_many_cost_the_same_as_few(api, project, django_assert_num_queries, count):
    for n in range(count):
        a_published_code(a_loyalty_programme(project, f"Club {n}"), f"CARD-{n}", to="ada")
    assert Holder.objects.count() == count
    api.get("/v1/customers/ada/redeemables")

    with django_assert_num_queries(6):
        assert len(api.get("/v1/customers/ada/redeemables", limit="100").body["data"]) == count
