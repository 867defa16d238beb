"""`/management/v1/projects/{projectId}/webhooks`: who is to hear of what (contract h.2)."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import COUNT, WEBHOOK, listed
from api.shapes import LEFT_OUT, Flag, Shape, Text, checked
from api.views import ManagementView
from common.jsons import JsonObject
from webhooks.event_types import as_sdks_spell
from webhooks.models import LONGEST_URL, Webhook
from webhooks.subscribing import Subscription, change_webhook, create_webhook, delete_webhook, find_webhook


class WebhookShape(Shape):
    target_url = Text(max_length=LONGEST_URL)
    events = serializers.ListField(child=Text())
    active = Flag(**LEFT_OUT)


class Webhooks(ManagementView):
    bodies = {"post": WebhookShape}
    answers = {"post": WEBHOOK, "get": listed("data", WEBHOOK, total=COUNT)}

    def post(self, request: Request, project_id: str) -> Response:
        """Let an address hear of events of these types."""
        wanted = Subscription(**checked(WebhookShape, self.body()))
        return Response(render_webhook(create_webhook(self.project, wanted, by=self.actor)))

    def get(self, request: Request, project_id: str) -> Response:
        """List the webhooks of the project, newest first."""
        rows = Webhook.objects.filter(project=self.project).order_by("-id")
        rendered = [render_webhook(webhook) for webhook in rows]
        return Response({"object": "list", "data_ref": "data", "data": rendered, "total": len(rendered)})


class OneWebhook(ManagementView):
    bodies = {"put": WebhookShape}
    answers = {"get": WEBHOOK, "put": WEBHOOK}

    def get(self, request: Request, project_id: str, webhook_id: str) -> Response:
        """Get a webhook."""
        return Response(render_webhook(find_webhook(self.project, webhook_id)))

    def put(self, request: Request, project_id: str, webhook_id: str) -> Response:
        """Replace the address and the event types; `active` stays where it is left out."""
        webhook = find_webhook(self.project, webhook_id)
        wanted = Subscription(**checked(WebhookShape, self.body()))
        return Response(render_webhook(change_webhook(webhook, wanted, by=self.actor, now=self.now)))

    def delete(self, request: Request, project_id: str, webhook_id: str) -> Response:
        """Delete a webhook."""
        delete_webhook(find_webhook(self.project, webhook_id), by=self.actor, now=self.now)
        return Response(status=204)


def render_webhook(webhook: Webhook) -> JsonObject:
    """The contract's webhook: its types as their sender spelled them, or, of a page's, as the SDKs can read them."""
    sent = webhook.events_as_sent
    return {
        "id": webhook.public_id,
        "target_url": webhook.target_url,
        "events": as_sdks_spell(webhook.events) if sent is None else sent,
        "active": webhook.active,
        "created_at": webhook.created_at,
        "object": "webhook",
    }
