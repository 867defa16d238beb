"""Mallory, with valid keys of another project, sees nothing of Ada's and Ben's – not even that they exist."""

import re

import pytest

from common.ids import public_id, uuid7
from common.jsons import dumps
from tests.api.bodies import BODIES, FORMS
from tests.api.routes import routes
from tests.api.shop import MARK

ROUTES = sorted(set(routes()))
# One that publishes shows nothing to who names nobody.
GETS = [route for method, route in ROUTES if method == "GET" and not route.endswith("/create")]
ID = re.compile(r"[a-z]+_[0-9A-Za-z]{22}")
VARIES = re.compile(r"v-[0-9a-f]{18}")


def unknown(path):
    """The path with ids of the same form that nobody has."""
    return ID.sub(lambda found: public_id(found[0].split("_")[0], uuid7()), path)


def form_of(answer):
    """Status and body, with the ids that they echo taken out."""
    return answer.status, VARIES.sub("request", ID.sub("id", dumps(answer.body)))


def test_those_whose_it_is_see_it(api, shop):
    seen = {route: dumps(api.get(shop.path(route)).body) for route in GETS}

    assert [route for route in GETS if not any(found in seen[route] for found in (MARK, *shop.ids()))] == []


def test_what_is_there_answers_a_stranger_as_what_is_not(mallory, shop):
    rows = [row for row in ROUTES if "<" in row[1]]
    bodies = {row: body(shop) for row, body in (BODIES | FORMS).items()}

    there = {row: form_of(mallory.call(row[0], shop.path(row[1]), bodies.get(row))) for row in rows}
    not_there = {row: form_of(mallory.call(row[0], unknown(shop.path(row[1])), bodies.get(row))) for row in rows}

    assert there == not_there


def test_a_strangers_lists_are_empty(mallory, shop):
    lists = ["events", "rejected-events", "customers", "campaigns", "publications", "loyalties", "async-actions"]

    bodies = [mallory.get(f"/v1/{name}", limit="100").body for name in (*lists, "vouchers")]

    assert [body[body["data_ref"]] for body in bodies] == [[]] * 8


def test_a_strangers_own_things_hold_nothing_of_others(mallory, mallorys_project, shop):
    mallory.post("/v1/customers", {"source_id": shop.ben.source_id})
    mallory.post("/v1/loyalties", BODIES["POST", "v1/loyalties"](shop))

    seen = "".join(dumps(mallory.get("/" + route).body) for route in GETS if "<" not in route)

    assert [found for found in shop.ids() if found in seen] == []
    assert seen.count(MARK) == seen.count(shop.ben.source_id) == 1


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/events", {"event": f"{MARK}_signed_up"}),
        ("/v1/events", {"customer": f"{MARK}-ben"}),
        ("/v1/rejected-events", {"event": f"{MARK}_signed_up"}),
        ("/v1/rejected-events", {"group_by": "cause"}),
        ("/v1/customers", {"name": "Ben"}),
        ("/v1/publications", {"campaign": f"{MARK} referrals"}),
        ("/v1/publications", {"voucher": f"{MARK}-01"}),
        ("/v1/campaigns", {"campaign_type": "REFERRAL_PROGRAM"}),
    ],
)
def test_filters_reach_no_further_than_the_project(api, mallory, shop, path, query):
    shop.ben.name = "Ben"
    shop.ben.save(update_fields=["name"])

    own, strangers = api.get(path, **query).body, mallory.get(path, **query).body

    assert (len(own[own["data_ref"]]) > 0, strangers[strangers["data_ref"]]) == (True, [])


@pytest.mark.parametrize(
    "name", ["definition", "referee_reward", "tier", "campaign of a publication", "code of a publication", "customer"]
)
def test_nothing_of_another_project_can_be_referred_to(mallory, shop, count_rows, name):
    campaign = BODIES["POST", "v1/campaigns"](shop)
    program = campaign["referral_program"]
    if name != "definition":
        mallory.post(
            f"/management/v1/projects/{mallorys_id(mallory)}/custom-event-schemas",
            {"name": "s", "schema": {"properties": {}}},
        )
        program["custom_event"] = {"name": "s"}
    path, body = {
        "definition": ("/v1/campaigns", campaign),
        "referee_reward": ("/v1/campaigns", campaign | {"referral_program": {**program, "tiers": []}}),
        "tier": ("/v1/campaigns", campaign | {"referral_program": {**program, "referee_reward": None}}),
        "campaign of a publication": (
            "/v1/publications",
            {"customer": {"source_id": "m"}, "campaign": shop.club.name},
        ),
        "code of a publication": ("/v1/publications", {"customer": {"source_id": "m"}, "voucher": shop.code.code}),
        "customer": ("/v1/customers", {"id": shop.ben.public_id, "name": "M"}),
    }[name]
    before = count_rows()

    answer = mallory.post(path, body)

    assert (answer.status, answer.key, count_rows()) == (404, "not_found", before)


def mallorys_id(mallory):
    return mallory.get("/management/v1/projects").body["data"][0]["id"]


def test_a_management_key_lists_its_own_project_alone(api, mallory, shop, mallorys_project):
    projects = [
        [item["id"] for item in caller.get("/management/v1/projects").body["data"]] for caller in (api, mallory)
    ]

    assert projects == [[shop.project.public_id], [mallorys_project.public_id]]
