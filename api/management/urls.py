from django.urls import path

from api.management import projects, schema_versions, schemas

DEFINITION = "projects/<str:project_id>/custom-event-schemas/<str:schema_id>"

urlpatterns = [
    path("projects", projects.Projects.as_view()),
    path("projects/<str:project_id>", projects.OneProject.as_view()),
    path("projects/<str:project_id>/custom-event-schemas", schemas.Definitions.as_view()),
    path(DEFINITION, schemas.OneDefinition.as_view()),
    path(f"{DEFINITION}/versions", schema_versions.Versions.as_view()),
    path(f"{DEFINITION}/preview", schema_versions.ProposedVersion.as_view()),
]
