"""What a browser would post."""

from collections.abc import Mapping
from typing import Any

from django.test import Client
from django.urls import reverse


def posted(client: Client, name: str, data: Mapping[str, Any], *args: Any) -> Any:
    """The answer to posting to an admin page, followed no further; `name` as in `projects_project_add`."""
    return client.post(reverse(f"admin:{name}", args=args), data)


def errors_of(answer: Any) -> dict[str, list[str]]:
    """The errors that the answer's form shows, by field; {} where the page was left."""
    if answer.status_code != 200:
        return {}
    form = answer.context["adminform"].form if "adminform" in answer.context else answer.context["form"]
    return {name: list(found) for name, found in form.errors.items()}


def messages_of(client: Client) -> list[str]:
    """What the next page says at its top."""
    return [str(message) for message in client.get(reverse("admin:index")).context["messages"]]


def cards(*cards: Mapping[str, Any]) -> dict[str, str]:
    """The fields of the schema builder, in the names of Django's formsets. True is a switch that is on."""
    data = {"properties-TOTAL_FORMS": str(len(cards)), "properties-INITIAL_FORMS": "0"}
    for index, card in enumerate(cards):
        said = {"type": "string", "ORDER": str(index + 1)} | dict(card)
        data |= {f"properties-{index}-{name}": "on" if value is True else str(value) for name, value in said.items()}
    return data
