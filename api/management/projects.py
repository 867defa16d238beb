"""`/management/v1/projects`: the project that the key belongs to, and its switches."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.shapes import LEFT_OUT, Flag, Integer, Shape, Text, checked
from api.views import ManagementView
from common.jsons import JsonObject
from projects.creation import change_project
from projects.models import CLIENT_SWITCHES, Project, UnknownEvents


class ProjectShape(Shape):
    name = Text(max_length=200, **LEFT_OUT)
    time_zone = Text(max_length=64, **LEFT_OUT)
    unknown_events = serializers.ChoiceField(choices=UnknownEvents.values, **LEFT_OUT)
    max_event_age_days = Integer(**LEFT_OUT)
    case_sensitive_codes = Flag(**LEFT_OUT)
    client_redeem_enabled = Flag(**LEFT_OUT)
    client_publish_enabled = Flag(**LEFT_OUT)
    client_list_vouchers_enabled = Flag(**LEFT_OUT)
    client_create_customer_enabled = Flag(**LEFT_OUT)
    client_loyalty_events_enabled = Flag(**LEFT_OUT)
    client_set_voucher_expiration_date_enabled = Flag(**LEFT_OUT)


class Projects(ManagementView):
    def get(self, request: Request) -> Response:
        """List the projects of the key: the one that it belongs to."""
        projects = [render_project(self.project)]
        return Response({"object": "list", "data_ref": "data", "data": projects, "total": 1})


class OneProject(ManagementView):
    bodies = {"put": ProjectShape}

    def get(self, request: Request, project_id: str) -> Response:
        """Get the project."""
        return Response(render_project(self.project))

    def put(self, request: Request, project_id: str) -> Response:
        """Change the project's name, time zone and switches."""
        settings = checked(ProjectShape, self.body())
        return Response(render_project(change_project(self.project, settings, by=self.actor)))


def render_project(project: Project) -> JsonObject:
    """The contract's project, and the switches that are ours."""
    return {
        "id": project.public_id,
        "name": project.name,
        "timezone": project.time_zone,
        "time_zone": project.time_zone,
        "case_sensitive_codes": project.case_sensitive_codes,
        "unknown_events": project.unknown_events,
        "max_event_age_days": project.max_event_age_days,
        **{switch: getattr(project, switch) for switch in CLIENT_SWITCHES},
        "created_at": project.created_at,
        "object": "project",
    }
