"""The routes of `/client/v1`: what web pages and apps call with a client key."""

from django.urls import path

from api.client import events

urlpatterns = [
    path("events", events.ClientEvents.as_view()),
]
