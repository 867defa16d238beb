from django.urls import path

from api.management import metadata_schemas, projects, schema_exchange, schema_versions, schemas, send_outs, webhooks

SCHEMAS = "projects/<str:project_id>/custom-event-schemas"
DEFINITION = f"{SCHEMAS}/<str:schema_id>"
WEBHOOKS = "projects/<str:project_id>/webhooks"
SEND_OUT = "projects/<str:project_id>/send-outs/<str:send_out_id>"
METADATA_SCHEMAS = "projects/<str:project_id>/metadata-schemas"

urlpatterns = [
    path("projects", projects.Projects.as_view()),
    path("projects/<str:project_id>", projects.OneProject.as_view()),
    path(SCHEMAS, schemas.Definitions.as_view()),
    path(f"{SCHEMAS}/infer", schema_exchange.Inference.as_view()),
    path(DEFINITION, schemas.OneDefinition.as_view()),
    path(f"{DEFINITION}/versions", schema_versions.Versions.as_view()),
    path(f"{DEFINITION}/preview", schema_versions.ProposedVersion.as_view()),
    path(f"{DEFINITION}/json-schema", schema_exchange.DefinitionDocument.as_view()),
    path(WEBHOOKS, webhooks.Webhooks.as_view()),
    path(f"{WEBHOOKS}/<str:webhook_id>", webhooks.OneWebhook.as_view()),
    path(f"{WEBHOOKS}/<str:webhook_id>/send-outs", send_outs.SendOutsOfWebhook.as_view()),
    path(SEND_OUT, send_outs.OneSendOut.as_view()),
    path(f"{SEND_OUT}/resend", send_outs.ResendSendOut.as_view()),
    path(METADATA_SCHEMAS, metadata_schemas.MetadataSchemas.as_view()),
    path(f"{METADATA_SCHEMAS}/<str:metadata_schema_id>", metadata_schemas.OneMetadataSchema.as_view()),
]
