"""`/management/v1/projects`: the project that the key belongs to, and its switches."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import (
    COUNT,
    FLAG,
    INTEGER,
    MAYBE_TEXT,
    TEXT,
    TIME,
    array_of,
    fields,
    listed,
    maybe,
    named,
    public_id,
)
from api.shapes import LEFT_OUT, Flag, Integer, Shape, Text, Unsupported, checked
from api.views import ManagementView
from common.jsons import JsonObject
from common.refusals import Forbidden, InvalidPayload
from projects.creation import change_project, rotate_secrets
from projects.models import CLIENT_SWITCHES, MOST_DELIVERIES, ApiKey, KeyKind, Project, UnknownEvents

API_VERSION = "v2018-08-01"
WEBHOOK_VERSION = "v2024-01-01"
ONE_PROJECT_A_KEY = "A management key belongs to one project, and can neither make another nor delete its own: {}"

PROJECT = named(
    "project",
    id=public_id("proj"),
    name=TEXT,
    description=MAYBE_TEXT,
    currency=MAYBE_TEXT,
    timezone=TEXT,
    time_zone=TEXT,
    case_sensitive_codes=FLAG,
    unknown_events={"enum": ["reject", "accept"]},
    max_event_age_days=COUNT,
    client_redeem_enabled=FLAG,
    client_publish_enabled=FLAG,
    client_list_vouchers_enabled=FLAG,
    client_create_customer_enabled=FLAG,
    client_loyalty_events_enabled=FLAG,
    client_set_voucher_expiration_date_enabled=FLAG,
    quiet_hours=maybe(fields(start=TEXT, end=TEXT)),
    fatigue=maybe(fields(count=INTEGER, period=TEXT)),
    client_trusted_domains=array_of(TEXT),
    webhook_token={**TEXT, "description": "Signs what is sent by webhooks: x-voucherify-signature."},
    webhook_secret={**TEXT, "description": "Signs it by Standard Webhooks, too."},
    webhook_version=TEXT,
    api_version=TEXT,
    is_sandbox=FLAG,
    created_at=TIME,
)


class QuietHours(Shape):
    start = Text(max_length=5)
    end = Text(max_length=5)


class Fatigue(Shape):
    count = Integer(least=1, most=MOST_DELIVERIES)
    period = Text(max_length=40)


class ProjectShape(Shape):
    name = Text(max_length=200, **LEFT_OUT)
    description = Text(max_length=1_000, allow_blank=True, **LEFT_OUT)
    currency = Text(max_length=3, **LEFT_OUT)
    # The contract's name, and the one by which the rest of our API calls it.
    timezone = Text(max_length=64, **LEFT_OUT)
    time_zone = Text(max_length=64, **LEFT_OUT)
    webhook_version = serializers.ChoiceField(choices=[WEBHOOK_VERSION], **LEFT_OUT)
    rotate_webhook_token = Flag(**LEFT_OUT)
    rotate_webhook_secret = Flag(**LEFT_OUT)
    # They belong to the client keys.
    client_trusted_domains = Unsupported()
    default_code_config = Unsupported()
    unknown_events = serializers.ChoiceField(choices=UnknownEvents.values, **LEFT_OUT)
    max_event_age_days = Integer(**LEFT_OUT)
    case_sensitive_codes = Flag(**LEFT_OUT)
    client_redeem_enabled = Flag(**LEFT_OUT)
    client_publish_enabled = Flag(**LEFT_OUT)
    client_list_vouchers_enabled = Flag(**LEFT_OUT)
    client_create_customer_enabled = Flag(**LEFT_OUT)
    client_loyalty_events_enabled = Flag(**LEFT_OUT)
    client_set_voucher_expiration_date_enabled = Flag(**LEFT_OUT)
    # Null switches them off.
    quiet_hours = QuietHours(**LEFT_OUT)
    fatigue = Fatigue(**LEFT_OUT)


class Projects(ManagementView):
    forbids = ("post",)
    answers = {"get": listed("data", PROJECT, total=COUNT)}

    def post(self, request: Request) -> Response:
        """Projects are made by those who run the installation: always 403."""
        raise Forbidden(ONE_PROJECT_A_KEY.format("`manage.py create_project` makes projects"))

    def get(self, request: Request) -> Response:
        """List the projects of the key: the one that it belongs to."""
        projects = [render_project(self.project)]
        return Response({"object": "list", "data_ref": "data", "data": projects, "total": 1})


class OneProject(ManagementView):
    bodies = {"put": ProjectShape}
    forbids = ("delete",)
    answers = {"get": PROJECT, "put": PROJECT}

    def get(self, request: Request, project_id: str) -> Response:
        """Get the project."""
        return Response(render_project(self.project))

    def put(self, request: Request, project_id: str) -> Response:
        """Change the project's name, time zone and switches, or rotate the keys that webhooks are signed with."""
        settings = _parsed(self.body())
        token, secret = settings.pop("rotate_webhook_token", False), settings.pop("rotate_webhook_secret", False)
        with transaction.atomic():
            project = change_project(self.project, settings, by=self.actor)
            if token or secret:
                project = rotate_secrets(project, token=token, secret=secret, by=self.actor, now=self.now)
        return Response(render_project(project))

    def delete(self, request: Request, project_id: str) -> Response:
        """A project's history is kept: always 403."""
        raise Forbidden(ONE_PROJECT_A_KEY.format("its history is kept"), message="Can not remove project")


def _parsed(body: JsonObject) -> JsonObject:
    """The settings by our names. Raises InvalidPayload, also where the two names of the time zone disagree."""
    settings = checked(ProjectShape, body)
    settings |= {name: None for name in ("quiet_hours", "fatigue") if name in body and body[name] is None}
    settings.pop("webhook_version", None)
    zones = {settings.pop(name) for name in ("timezone", "time_zone") if name in settings}
    if len(zones) > 1:
        raise InvalidPayload.at("time_zone", "Property .time_zone must be equal to .timezone", body["time_zone"])
    return settings | ({"time_zone": zones.pop()} if zones else {})


def _trusted_domains(project: Project) -> list[str]:
    """Of all client keys that are good."""
    keys = ApiKey.objects.filter(project=project, kind=KeyKind.CLIENT, revoked_at=None)
    lists = keys.order_by("pk").values_list("trusted_domains", flat=True)
    return list(dict.fromkeys(domain for domains in lists for domain in domains))


def render_project(project: Project) -> JsonObject:
    """The contract's project, and the switches that are ours. One statement."""
    return {
        "id": project.public_id,
        "name": project.name,
        "description": project.description or None,
        "currency": project.currency or None,
        "timezone": project.time_zone,
        "time_zone": project.time_zone,
        "case_sensitive_codes": project.case_sensitive_codes,
        "unknown_events": project.unknown_events,
        "max_event_age_days": project.max_event_age_days,
        **{switch: getattr(project, switch) for switch in CLIENT_SWITCHES},
        "quiet_hours": project.quiet_hours,
        "fatigue": project.fatigue,
        "client_trusted_domains": _trusted_domains(project),
        "webhook_token": project.webhook_token,
        "webhook_secret": project.webhook_secret,
        "webhook_version": WEBHOOK_VERSION,
        "api_version": API_VERSION,
        "is_sandbox": False,
        "created_at": project.created_at,
        "object": "project",
    }
