"""Who answers what."""

from django.contrib import admin
from django.urls import include, path

from api import documents, health
from distributions.pages import unsubscribe_page

urlpatterns = [
    path("admin/", admin.site.urls),
    path("v1/", include("api.v1.urls")),
    path("client/v1/", include("api.client.urls")),
    path("v1/", include("api.segment.urls")),
    path("management/v1/", include("api.management.urls")),
    path("openapi.json", documents.openapi, name="openapi"),
    path("postman.json", documents.postman, name="postman"),
    path("docs", documents.docs, name="docs"),
    path("unsubscribe/<str:token>", unsubscribe_page, name="unsubscribe"),
    path("healthz", health.alive),
    path("readyz", health.ready),
]

handler400 = "api.errors.bad_request"
handler404 = "api.errors.page_not_found"
handler500 = "api.errors.server_error"
