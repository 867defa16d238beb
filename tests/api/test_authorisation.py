"""Who may call what: every route and method that the resolver knows, by every kind of caller.

A new route fails here until somebody has written down what its own key and another tenant's key are answered.
"""

import pytest
from django.db import transaction

from projects.keys import create_key, revoke_keys
from tests.api.bodies import BODIES, FORMS, address
from tests.api.caller import HEADERS, Api, key_headers
from tests.api.routes import routes
from tests.world import NOW, TESTER

CLUB = "v1/loyalties/<campaign_id>"
REFERRALS = "v1/referrals/<campaign_id>"
PROJECT = "management/v1/projects/<project_id>"
SCHEMA = f"{PROJECT}/custom-event-schemas/<schema_id>"
METADATA_SCHEMA = f"{PROJECT}/metadata-schemas/<metadata_schema_id>"

# (method, route): what the project's own key is answered, and what another project's key is.
TABLE = {
    # What a key asks about itself.
    ("POST", "v1/oauth/token"): (200, 200),
    ("POST", "v1/oauth/introspect"): (200, 200),
    ("POST", "v1/oauth/token/revoke"): (204, 404),
    ("GET", "v1/async-actions"): (200, 200),
    ("GET", "v1/async-actions/<action_id>"): (200, 404),
    ("POST", "v1/events"): (200, 404),
    ("POST", "v1/events/batch"): (200, 200),
    ("POST", "client/v1/events"): (200, 404),
    ("POST", "v1/event-tickets"): (200, 404),
    ("POST", "v1/events/<event_id>/void"): (200, 404),
    ("GET", "v1/events"): (200, 200),
    ("GET", "v1/events/<event_id>"): (200, 404),
    ("GET", "v1/rejected-events"): (200, 200),
    ("GET", "v1/rejected-events/<rejected_event_id>"): (200, 404),
    ("POST", "v1/rejected-events/replay"): (202, 404),
    ("POST", "v1/customers"): (200, 404),
    ("GET", "v1/customers"): (200, 200),
    ("POST", "v1/customers/importCSV"): (202, 202),
    ("POST", "v1/customers/bulk/async"): (202, 202),
    ("POST", "v1/customers/metadata/async"): (202, 202),
    ("GET", "v1/customers/<customer_id>/redeemables"): (200, 404),
    ("POST", "v1/customers/<customer_id>/permanent-deletion"): (200, 404),
    ("GET", "v1/customers/<customer_id>/activity"): (200, 404),
    ("GET", "v1/customers/<customer_id>"): (200, 404),
    ("PUT", "v1/customers/<customer_id>"): (200, 404),
    ("DELETE", "v1/customers/<customer_id>"): (204, 404),
    # Segments of somebody unknown are those that such a person would fall into.
    ("GET", "v1/customers/<customer_id>/segments"): (200, 200),
    # The definition of the body is another project's.
    ("POST", "v1/segments"): (200, 400),
    ("GET", "v1/validation-rules"): (200, 200),
    ("POST", "v1/validation-rules"): (200, 400),
    ("GET", "v1/validation-rules/<validation_rule_id>"): (200, 404),
    ("PUT", "v1/validation-rules/<validation_rule_id>"): (200, 404),
    ("DELETE", "v1/validation-rules/<validation_rule_id>"): (204, 404),
    ("GET", "v1/validation-rules/<validation_rule_id>/assignments"): (200, 200),
    ("POST", "v1/validation-rules/<validation_rule_id>/assignments"): (200, 404),
    ("DELETE", "v1/validation-rules/<validation_rule_id>/assignments/<assignment_id>"): (204, 404),
    ("GET", "v1/validation-rules-assignments"): (200, 200),
    ("GET", "v1/segments"): (200, 200),
    ("GET", "v1/segments/<segment_id>"): (200, 404),
    ("DELETE", "v1/segments/<segment_id>"): (204, 404),
    # What the body names is another project's.
    ("POST", "v1/distributions"): (200, 400),
    ("GET", "v1/distributions"): (200, 200),
    ("GET", "v1/distributions/<distribution_id>"): (200, 404),
    ("PUT", "v1/distributions/<distribution_id>"): (200, 404),
    ("DELETE", "v1/distributions/<distribution_id>"): (204, 404),
    ("POST", "v1/distributions/<distribution_id>/enable"): (200, 404),
    ("POST", "v1/distributions/<distribution_id>/disable"): (200, 404),
    ("GET", "v1/distributions/<distribution_id>/deliveries"): (200, 404),
    ("POST", "v1/deliveries/<delivery_id>/resend"): (202, 404),
    ("POST", "v1/campaigns"): (200, 404),
    ("GET", "v1/campaigns"): (200, 200),
    ("POST", "v1/campaigns/<campaign_id>/vouchers/<code>"): (200, 404),
    ("POST", "v1/campaigns/<campaign_id>/vouchers"): (200, 404),
    ("POST", "v1/campaigns/<campaign_id>/enable"): (200, 404),
    ("POST", "v1/campaigns/<campaign_id>/disable"): (200, 404),
    ("POST", "v1/campaigns/<campaign_id>/import"): (202, 404),
    ("POST", "v1/campaigns/<campaign_id>/importCSV"): (202, 404),
    ("POST", "v1/campaigns/<campaign_id>/transactions/export"): (200, 404),
    ("GET", "v1/campaigns/<campaign_id>/transactions"): (200, 404),
    ("GET", "v1/campaigns/<campaign_id>"): (200, 404),
    ("PUT", "v1/campaigns/<campaign_id>"): (200, 404),
    ("DELETE", "v1/campaigns/<campaign_id>"): (202, 404),
    # Codes that stand alone name nothing of another project.
    ("GET", "v1/vouchers"): (200, 200),
    ("POST", "v1/vouchers"): (200, 200),
    ("POST", "v1/vouchers/import"): (202, 202),
    ("POST", "v1/vouchers/importCSV"): (202, 202),
    # What is of another project is not found by the worker.
    ("POST", "v1/vouchers/bulk/async"): (202, 202),
    ("POST", "v1/vouchers/metadata/async"): (202, 202),
    ("POST", "v1/vouchers/<code>/enable"): (200, 404),
    ("POST", "v1/vouchers/<code>/disable"): (200, 404),
    ("POST", "v1/vouchers/<code>/balance"): (200, 404),
    ("GET", "v1/vouchers/<code>/transactions"): (200, 404),
    ("POST", "v1/vouchers/<code>/transactions/export"): (200, 404),
    ("GET", "v1/vouchers/<code>"): (200, 404),
    ("POST", "v1/vouchers/<code>"): (200, 200),
    ("PUT", "v1/vouchers/<code>"): (200, 404),
    ("DELETE", "v1/vouchers/<code>"): (204, 404),
    ("GET", "v1/exports/<export_id>"): (200, 404),
    ("POST", "v1/publications"): (200, 404),
    ("GET", "v1/publications"): (200, 200),
    ("GET", "v1/publications/create"): (200, 404),
    ("DELETE", "v1/referrals/members/<member_id>/holders/<holder_id>"): (204, 404),
    ("POST", "v1/referrals/members/<member_id>/holders"): (200, 404),
    ("GET", "v1/referrals/members/<member_id>/holders"): (200, 404),
    ("DELETE", f"{REFERRALS}/members/<member_id>/holders/<holder_id>"): (204, 404),
    ("POST", f"{REFERRALS}/members/<member_id>/holders"): (200, 404),
    ("GET", f"{REFERRALS}/members/<member_id>/holders"): (200, 404),
    ("GET", f"{REFERRALS}/tiers/<tier_id>"): (200, 404),
    ("PUT", f"{REFERRALS}/tiers/<tier_id>"): (200, 404),
    ("DELETE", f"{REFERRALS}/tiers/<tier_id>"): (204, 404),
    ("GET", f"{REFERRALS}/tiers"): (200, 404),
    ("POST", f"{REFERRALS}/tiers"): (200, 404),
    ("GET", f"{REFERRALS}/conversions"): (200, 404),
    # A programme names nothing of another project.
    ("POST", "v1/loyalties"): (200, 200),
    ("GET", "v1/loyalties"): (200, 200),
    ("POST", "v1/loyalties/members/<member_id>/balance"): (200, 404),
    ("GET", "v1/loyalties/members/<member_id>/transactions"): (200, 404),
    ("GET", "v1/loyalties/members/<member_id>"): (200, 404),
    ("POST", f"{CLUB}/earning-rules/<rule_id>/enable"): (200, 404),
    ("POST", f"{CLUB}/earning-rules/<rule_id>/disable"): (200, 404),
    ("GET", f"{CLUB}/earning-rules/<rule_id>"): (200, 404),
    ("PUT", f"{CLUB}/earning-rules/<rule_id>"): (200, 404),
    ("DELETE", f"{CLUB}/earning-rules/<rule_id>"): (204, 404),
    ("POST", f"{CLUB}/earning-rules"): (200, 404),
    ("GET", f"{CLUB}/earning-rules"): (200, 404),
    ("POST", f"{CLUB}/members/<member_id>/balance"): (200, 404),
    ("GET", f"{CLUB}/members/<member_id>/transactions"): (200, 404),
    ("POST", f"{CLUB}/members/<member_id>/transactions/export"): (200, 404),
    ("POST", "v1/loyalties/members/<member_id>/transactions/export"): (200, 404),
    ("POST", f"{CLUB}/transactions/export"): (200, 404),
    ("PUT", CLUB): (200, 404),
    ("DELETE", CLUB): (200, 404),
    ("GET", f"{CLUB}/members/<member_id>/activity"): (200, 404),
    ("GET", "v1/loyalties/members/<member_id>/activity"): (200, 404),
    ("GET", f"{CLUB}/members/<member_id>"): (200, 404),
    ("POST", f"{CLUB}/members"): (200, 404),
    ("GET", f"{CLUB}/members"): (200, 404),
    ("GET", f"{CLUB}/transactions"): (200, 404),
    ("GET", CLUB): (200, 404),
    ("GET", "management/v1/projects"): (200, 200),
    ("GET", PROJECT): (200, 404),
    ("PUT", PROJECT): (200, 404),
    # A management key belongs to one project.
    ("POST", "management/v1/projects"): (403, 403),
    ("DELETE", PROJECT): (403, 404),
    ("GET", f"{PROJECT}/webhooks"): (200, 404),
    ("POST", f"{PROJECT}/webhooks"): (200, 404),
    ("GET", f"{PROJECT}/webhooks/<webhook_id>"): (200, 404),
    ("PUT", f"{PROJECT}/webhooks/<webhook_id>"): (200, 404),
    ("DELETE", f"{PROJECT}/webhooks/<webhook_id>"): (204, 404),
    ("GET", f"{PROJECT}/webhooks/<webhook_id>/send-outs"): (200, 404),
    ("GET", f"{PROJECT}/send-outs/<send_out_id>"): (200, 404),
    ("POST", f"{PROJECT}/send-outs/<send_out_id>/resend"): (202, 404),
    ("GET", f"{PROJECT}/custom-event-schemas"): (200, 404),
    ("POST", f"{PROJECT}/custom-event-schemas"): (200, 404),
    ("GET", SCHEMA): (200, 404),
    ("PUT", SCHEMA): (200, 404),
    ("GET", f"{SCHEMA}/versions"): (200, 404),
    ("POST", f"{SCHEMA}/preview"): (200, 404),
    # The shop's event is in use.
    ("DELETE", SCHEMA): (400, 404),
    ("POST", f"{PROJECT}/custom-event-schemas/infer"): (200, 404),
    ("GET", f"{SCHEMA}/json-schema"): (200, 404),
    ("PUT", f"{SCHEMA}/json-schema"): (200, 404),
    ("GET", f"{PROJECT}/metadata-schemas"): (200, 404),
    ("POST", f"{PROJECT}/metadata-schemas"): (200, 404),
    ("GET", METADATA_SCHEMA): (200, 404),
    ("PUT", METADATA_SCHEMA): (200, 404),
    ("DELETE", METADATA_SCHEMA): (204, 404),
    ("GET", "v1/metadata-schemas"): (200, 200),
    ("GET", "v1/metadata-schemas/<resource>"): (200, 404),
}
KIND_OF_PREFIX = {"v1/": "server", "management/v1/": "management", "client/v1/": "client"}
UNAUTHORIZED = {"code": 401, "key": "unauthorized", "message": "Unauthorized", "request_id": ""}


OWN = {row: own for row, (own, _) in TABLE.items()}
STRANGERS = {row: stranger for row, (_, stranger) in TABLE.items()}


def kind_of(route):
    return next(kind for prefix, kind in KIND_OF_PREFIX.items() if route.startswith(prefix))


def call(headers, method, route, shop):
    """The answer; what it wrote is taken back, so that every call finds the same shop."""
    body = (BODIES | FORMS).get((method, route))
    with transaction.atomic():
        answer = Api(headers).call(method, address(shop, method, route), body(shop) if body else None)
        transaction.set_rollback(True)
    return answer


def answers_to(headers_of, shop):
    """What every route answers, called with `headers_of(kind of key)`."""
    headers = {kind: headers_of(kind) for kind in HEADERS}
    return {(method, route): call(headers[kind_of(route)], method, route, shop) for method, route in TABLE}


def test_every_route_has_a_row():
    assert set(TABLE) == set(routes())


def test_every_body_belongs_to_a_route():
    assert set(BODIES) | set(FORMS) <= set(TABLE)


def test_the_projects_own_keys_are_answered(shop):
    answers = answers_to(lambda kind: key_headers(shop.project, kind), shop)

    assert {row: answer.status for row, answer in answers.items()} == OWN
    assert [row for row, answer in answers.items() if (answer.body is None) is not (answer.status == 204)] == []


def test_another_projects_keys_find_nothing(shop, mallorys_project):
    answers = answers_to(lambda kind: key_headers(mallorys_project, kind), shop)

    assert {row: answer.status for row, answer in answers.items()} == STRANGERS
    assert {answer.key for answer in answers.values() if answer.status == 404 and answer.body} == {"not_found"}


def revoked_headers(project, kind):
    key, token = create_key(project, kind=kind, by=TESTER)
    revoke_keys([key], by=TESTER, now=NOW)
    return key.key_id, token


def other_kinds_headers(project, kind, step):
    """The pair of a key of another kind, in the headers of this one."""
    kinds = sorted(HEADERS)
    return tuple(key_headers(project, kinds[(kinds.index(kind) + step) % 3]).values())


# Pairs of id and token, made of a good pair and of one that belongs to another key of the same project and kind.
CLOSED = {
    "neither": lambda project, kind, good, other: ("", ""),
    "an id alone": lambda project, kind, good, other: (good[0], ""),
    "a token alone": lambda project, kind, good, other: ("", good[1]),
    "a wrong token": lambda project, kind, good, other: (good[0], "wrong"),
    "a token with more behind it": lambda project, kind, good, other: (good[0], f"{good[1]}x"),
    "a cut token": lambda project, kind, good, other: (good[0], good[1][:-1]),
    "another key's token": lambda project, kind, good, other: (good[0], other[1]),
    "an unknown id": lambda project, kind, good, other: ("unknown", good[1]),
    "both in the wrong place": lambda project, kind, good, other: (good[1], good[0]),
    "a revoked key": lambda project, kind, good, other: revoked_headers(project, kind),
    "a key of another kind": lambda project, kind, good, other: other_kinds_headers(project, kind, 1),
    "a key of the third kind": lambda project, kind, good, other: other_kinds_headers(project, kind, 2),
}


@pytest.mark.parametrize("caller", CLOSED)
def test_every_route_is_closed_to(shop, caller):
    def headers_of(kind):
        good, other = (tuple(key_headers(shop.project, kind).values()) for _ in range(2))
        return dict(zip(HEADERS[kind], CLOSED[caller](shop.project, kind, good, other), strict=True))

    answers = answers_to(headers_of, shop)

    assert {row: answer.status for row, answer in answers.items()} == dict.fromkeys(TABLE, 401)
    for answer in answers.values():
        assert answer.body | {"request_id": ""} == UNAUTHORIZED


def test_every_route_is_closed_without_any_header_and_with_the_headers_of_the_other_kinds(shop):
    every = {kind: key_headers(shop.project, kind) for kind in HEADERS}

    without = answers_to(lambda kind: {}, shop)
    others = answers_to(
        lambda kind: {name: value for other in HEADERS if other != kind for name, value in every[other].items()}, shop
    )

    # A token is given for either kind of key.
    others = {row: answer for row, answer in others.items() if "oauth" not in row[1]}
    assert {answer.status for answer in without.values()} == {answer.status for answer in others.values()} == {401}


@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "HEAD", "TRACE", "BREW"])
def test_other_methods_are_closed_without_a_key_as_well(shop, method):
    paths = {route: shop.path(route) for _, route in TABLE}

    answers = {route: Api({}).raw(method, path).status for route, path in paths.items()}

    assert answers == dict.fromkeys(paths, 401)


def test_callers_who_are_turned_away_write_nothing(shop, count_rows):
    before = count_rows()

    for method, route in TABLE:
        Api({}).call(method, shop.path(route))

    assert count_rows() == before
