from django.urls import path

from api.management import projects, schemas

urlpatterns = [
    path("projects", projects.Projects.as_view()),
    path("projects/<str:project_id>", projects.OneProject.as_view()),
    path("projects/<str:project_id>/custom-event-schemas", schemas.Definitions.as_view()),
    path("projects/<str:project_id>/custom-event-schemas/<str:schema_id>", schemas.OneDefinition.as_view()),
]
