"""The routes of Segment's HTTP tracking API, beside those of `/v1`."""

from django.urls import path

from api.segment import views
from api.segment.messages import IGNORED

urlpatterns = [
    path("track", views.Track.as_view()),
    path("identify", views.Identify.as_view()),
    path("batch", views.Batch.as_view()),
    *(path(kind, views.Ignored.as_view(kind=kind)) for kind in IGNORED),
]
