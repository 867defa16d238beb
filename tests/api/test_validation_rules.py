"""`/v1/validation-rules` beyond what the official SDK can ask for, and where rules are named."""

import pytest

from rules.models import Assignment, ValidationRule
from tests.api.bodies import campaign as a_campaign
from tests.api.bodies import rules as earning_rules
from tests.rules.world import VIDEO, asking

RULES = "/v1/validation-rules"
TITLE = "Invalid Validation Rule Definition"


def made(api, **body):
    answer = api.post(RULES, {"name": "Hello", "rules": note(), **body})
    assert answer.status == 200, answer.body
    return answer.body


def note(value="Hello", name="note"):
    return asking("custom_event.metadata", {"$is": [value]}, property=name)


def test_a_rule_is_answered_as_it_was_sent(api, shop):
    body = made(api, rules=VIDEO, error={"message": "Videos alone"})

    assert body["id"].startswith("val_") and body.pop("created_at")
    assert {name: value for name, value in body.items() if name != "id"} == {
        "name": "Hello",
        "rules": VIDEO,
        "bundle_rules": {},
        "error": {"message": "Videos alone"},
        "applicable_to": {"excluded": [], "included": [], "included_all": False},
        "type": "expression",
        "context_type": "global",
        "updated_at": None,
        "assignments_count": 0,
        "object": "validation_rules",
    }


def test_a_missing_property_is_refused_in_the_contracts_words(api):
    answer = api.post(RULES, {"name": "x", "rules": asking("custom_event.metadata", {"$is": ["a"]})})

    assert (answer.status, answer.key, answer.body["message"]) == (400, "invalid_validation_rules", TITLE)
    assert answer.body["details"] == "Rule 'custom_event.metadata' must have a 'property'"


def test_everything_that_is_wrong_is_named_and_nothing_is_made(api, shop, count_rows):
    before = count_rows()
    bad = {
        "name": "",
        "type": "simple",
        "context_type": "order",
        "rules": {"1": {"name": "order.amount"}, "logic": "1 and"},
        "error": {"message": "x" * 1_001},
        "applicable_to": {"included": [{"id": "prod_1"}], "included_all": "yes"},
    }

    answer = api.post(RULES, bad)

    assert (answer.status, answer.key) == (400, "invalid_validation_rules")
    assert sorted(error["path"] for error in answer.body["errors"]) == [
        "applicable_to.included",
        "applicable_to.included_all",
        "context_type",
        "error.message",
        "name",
        "rules.1.name",
        "rules.logic",
        "type",
    ]
    assert count_rows() == before


@pytest.mark.parametrize("body", [{"rules": {}}, {"name": None}, {"name": "x", "bundle_rules": {"1": {}}}])
def test_shapes_are_refused_as_everywhere(api, body):
    assert (api.post(RULES, body).status, ValidationRule.objects.count()) == (400, 0)


def test_a_change_leaves_what_is_left_out_or_null_and_null_takes_the_message_away(api, shop):
    rule = made(api, error={"message": "No"}, context_type="campaign.referral_program")

    kept = api.put(f"{RULES}/{rule['id']}", {"name": "Greeting", "rules": None, "type": None}).body
    cleared = api.put(f"{RULES}/{rule['id']}", {"error": None}).body

    assert (kept["name"], kept["rules"], kept["error"]) == ("Greeting", note(), {"message": "No"})
    assert kept["context_type"] == "campaign.referral_program"
    assert (cleared["name"], cleared["error"]) == ("Greeting", None)


def test_another_projects_segment_is_unknown(api, mallory):
    theirs = mallory.post("/v1/segments", {"name": "x", "type": "static", "customers": []}).body["id"]

    answer = api.post(RULES, {"name": "x", "rules": asking("customer.segment", {"$is": [theirs]})})

    assert (answer.status, answer.body["errors"][0]["path"]) == (400, "rules.1.conditions.$is")


def test_rules_are_listed_by_time_name_and_period(api, project):
    for name in "bac":
        made(api, name=name)
    ValidationRule.objects.filter(name="a").update(created_at="2020-01-01T00:00:00Z")

    def listed(**query):
        return [rule["name"] for rule in api.get(RULES, **query).body["data"]]

    assert listed() == ["c", "b", "a"]
    assert listed(order="name") == ["a", "b", "c"]
    assert listed(order="-name", limit="2") == ["c", "b"]
    assert listed(end_date="2021-01-01T00:00:00Z") == ["a"]
    assert listed(start_date="2021-01-01T00:00:00Z", order="created_at") == ["b", "c"]
    assert api.get(RULES, order="type").status == 400


def test_assignments_are_made_once_replaced_by_force_and_listed(api, shop):
    first, second = made(api), made(api, name="Bye")
    target = {"related_object_type": "earning_rule", "related_object_id": shop.rule.public_id}

    assigned = api.post(f"{RULES}/{first['id']}/assignments", target)
    again = api.post(f"{RULES}/{second['id']}/assignments", target)
    forced = api.post(f"{RULES}/{second['id']}/assignments?force=true", target)

    assert assigned.status == forced.status == 200
    assert (again.status, again.key) == (409, "duplicate_found")
    assert api.get(f"{RULES}/{first['id']}/assignments").body["total"] == 0
    found = api.get("/v1/validation-rules-assignments", related_object_id=shop.rule.public_id).body["data"]
    assert found == [forced.body]
    assert api.get("/v1/validation-rules-assignments", rule=second["id"]).body["data"] == [forced.body]
    assert api.get("/v1/validation-rules-assignments", rule="val_x").body["data"] == []
    assert api.get(f"{RULES}/{second['id']}").body["assignments_count"] == 1
    used = api.delete(f"{RULES}/{second['id']}")
    assert (used.status, used.key) == (400, "resource_in_use")
    assert api.delete(f"{RULES}/{second['id']}/assignments/{forced.body['id']}").status == 204
    assert api.delete(f"{RULES}/{second['id']}").status == 204


@pytest.mark.parametrize(
    ("kind", "status"), [("voucher", 400), ("promotion_tier", 400), ("campaign", 404), ("earning_rule", 404)]
)
def test_what_is_not_there_has_no_rule(api, shop, kind, status):
    target = {"related_object_type": kind, "related_object_id": shop.ben.public_id}

    assert api.post(f"{RULES}/{made(api)['id']}/assignments", target).status == status


def test_an_earning_rule_names_its_validation_rule(api, shop):
    rule, path = made(api), f"/v1/loyalties/{shop.club.public_id}/earning-rules"

    (earning,) = api.post(path, [earning_rules(shop)[0] | {"validation_rule_id": rule["id"]}]).body
    one = f"{path}/{earning['id']}"

    assert earning["validation_rule_id"] == api.get(one).body["validation_rule_id"] == rule["id"]
    assert api.put(one, {"active": False}).body["validation_rule_id"] == rule["id"]
    assert api.put(one, {"validation_rule_id": None}).body["validation_rule_id"] is None
    assert api.put(one, {"validation_rule_id": rule["id"]}).body["validation_rule_id"] == rule["id"]
    assert api.get(path).body["data"][0]["validation_rule_id"] == rule["id"]
    unknown = api.put(one, {"validation_rule_id": "val_x"})
    assert (unknown.status, unknown.body["errors"][0]["path"]) == (400, "validation_rule_id")
    assert api.get(one).body["validation_rule_id"] == rule["id"]


def test_a_referral_campaign_names_its_validation_rule(api, shop):
    rule = made(api)

    campaign = api.post("/v1/campaigns", a_campaign(shop) | {"validation_rules": [rule["id"]]}).body
    path = f"/v1/campaigns/{campaign['id']}"

    (assignment,) = campaign["validation_rules_assignments"]["data"]
    assert (assignment["rule_id"], assignment["related_object_id"]) == (rule["id"], campaign["id"])
    assert api.put(path, {"description": "x"}).body["validation_rules_assignments"]["total"] == 1
    assert api.put(path, {"validation_rules": []}).body["validation_rules_assignments"]["total"] == 0
    assert api.put(path, {"validation_rules": [rule["id"], rule["id"]]}).status == 400


@pytest.mark.parametrize("rules", [["val_x"], [5], "val_x", [None]])
def test_a_campaign_with_a_rule_that_is_none_is_not_made(api, shop, count_rows, rules):
    before = count_rows()

    answer = api.post("/v1/campaigns", a_campaign(shop) | {"validation_rules": rules})

    assert (answer.status, count_rows()) == (400, before)


def test_a_campaign_that_converts_nothing_has_no_rule(api, shop):
    body = {"name": "Sale", "campaign_type": "DISCOUNT_COUPONS", "validation_rules": [made(api)["id"]]}
    voucher = {"voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 5}}}

    answer = api.post("/v1/campaigns", body | voucher)

    assert (answer.status, answer.body["errors"][0]["path"]) == (400, "validation_rules")
    assert Assignment.objects.count() == 1
