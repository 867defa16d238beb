"""Typed classes of a project's events, for those who send them. `manage.py generate_client` prints them."""

from collections.abc import Callable

from eventschema.clients.events import ClientEvents, client_events_of
from eventschema.clients.python import python_client
from eventschema.clients.typescript import typescript_client

# By the name of the language: what writes the client.
LANGUAGES: dict[str, Callable[[ClientEvents], str]] = {"python": python_client, "typescript": typescript_client}

__all__ = ["LANGUAGES", "ClientEvents", "client_events_of"]
