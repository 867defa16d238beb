"""What `/openapi.json` says is what is answered: requests made from the document itself (schemathesis)."""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.schema import Generator
from tests.api.bodies import BODIES, FORMS
from tests.api.routes import segment_routes
from tests.api.segment.caller import door_of
from tests.once import once

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
QUIET = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
]
IS_SOAK = bool(os.environ.get("SOAK"))

# The Segment door keeps what others refuse.
NOTHING_TO_GET_WRONG = {
    "GET /management/v1/projects",
    "GET /v1/metadata-schemas",
    "GET /v1/customers/{customer_id}/segments",
    "GET /v1/validation-rules/{validation_rule_id}/assignments",
    "POST /management/v1/projects",
    *(f"POST /{route}" for _, route in segment_routes()),
}
REFUSED_HERE = {
    # The shop's definition is in use.
    "DELETE /management/v1/projects/{project_id}/custom-event-schemas/{schema_id}",
    # The shop's rule is assigned.
    "DELETE /v1/validation-rules/{validation_rule_id}",
    # A management key belongs to one project.
    "POST /management/v1/projects",
    "DELETE /management/v1/projects/{project_id}",
    # Referral campaigns pay in the club.
    "DELETE /v1/loyalties/{campaign_id}",
    # Without a query nobody is named.
    "GET /v1/publications/create",
}
# What is made has a name that is new.
NEW_NAMES = {("POST", "v1/vouchers/<code>"): {"code": "NEW-2"}}

DOCUMENT = schemathesis.openapi.from_dict(Generator().get_schema(public=True))
DOCUMENT.app = get_wsgi_application()
OPERATIONS = {operation.ok().label: operation.ok() for operation in DOCUMENT.get_all_operations()}


def examples_of(label):
    if IS_SOAK:
        return 2_000 if "/v1/events" in label else 100
    return 15


def strategy_of(operation):
    """Requests as the document asks for them, and others that it does not allow."""
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    return st.one_of(operation.as_strategy(generation_mode=mode) for mode in modes)


@pytest.fixture
def connections_stay():
    """Django ends a request by closing connections, and with this one the test's own transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def made_good(case, shop, route):
    """The request with ids that there are, without a query, and with a body that is taken where the route has one."""
    case.path_parameters, case.query = NEW_NAMES.get((case.method, route)) or shop.names_in(route), {}
    if body := BODIES.get((case.method, route)):
        case.body, case.media_type = body(shop), "application/json"
        case.headers.pop("Idempotency-Key", None)
    if form := FORMS.get((case.method, route)):
        case.body, case.media_type = form(shop), form(shop).content_type.partition(";")[0]


@once("PostgreSQL refuses more than SQLite does", on="postgresql")
@pytest.mark.usefixtures("connections_stay")
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_an_operation_answers_as_documented(shop, api, label):
    operation, headers = OPERATIONS[label], api.headers | door_of(shop.project).headers
    route = operation.path.strip("/").replace("{", "<").replace("}", ">")
    met = set()

    @settings(max_examples=examples_of(label), suppress_health_check=QUIET)
    @given(case=strategy_of(operation), is_good=st.booleans())
    def every(case, is_good):
        if is_good:
            made_good(case, shop, route)
        with transaction.atomic():
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)
            met.add(answer.status_code)
            transaction.set_rollback(True)

    every()

    # Neither only good requests nor only bad ones were tried.
    assert met & {200, 202, 204} or label in REFUSED_HERE, met
    assert len(met) > 1 or label in NOTHING_TO_GET_WRONG | REFUSED_HERE, met
