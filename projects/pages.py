"""Parts of admin pages that Django does not have: panels of related rows, a form about one row, a question first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeAlias

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.ids import uuid7
from common.jsons import JsonValue, pretty
from common.refusals import Refusal
from common.theme import dress
from projects.access import access_of, project_id_of
from projects.forms import show_refusal
from projects.models import Role


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


Cell: TypeAlias = str | Link | SafeString
# How a step of a timeline went; each has its colour in static/boon/timeline.css.
MARKS = ("accepted", "effect", "declined", "failed", "voided")


@dataclass(frozen=True, slots=True)
class Panel:
    """A table of related rows below a form. `more` leads to the list that has the rest. A notice stands above it."""

    template: ClassVar[str] = "admin/boon/panel.html"
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "Nothing yet."
    more: Link | None = None
    is_notice: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `mark` is one word of MARKS, `word` the machine's own word for it."""

    mark: str
    title: Cell
    details: Cell = ""
    whom: Link | None = None
    word: str = ""
    at: datetime | None = None

    @property
    def shown_at(self) -> SafeString:
        return local_moment(self.at)


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened, in order, below a form."""

    template: ClassVar[str] = "admin/boon/timeline.html"
    title: str
    steps: Sequence[Step]


class RowForm(forms.Form):
    """A form about one row, which it gets first. `panels` are shown above it: what there is to know before."""

    panels: Sequence[Panel] = ()

    def __init__(self, row: Any, *args: Any, **options: Any) -> None:
        self.row = row
        super().__init__(*args, **options)
        dress(self)


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of its own that does one thing to one row. `act` calls the domain and answers what to say."""

    role: Role
    form_class: type[RowForm]
    title: str
    submit: str
    act: Callable[[HttpRequest, Any, Any], str]
    explain: str = ""

    def answer(self, admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        row = admin.get_object(request, unquote(object_id))
        if row is None:
            missing: HttpResponse = admin._get_obj_does_not_exist_redirect(request, admin.opts, object_id)
            return missing
        if not access_of(request).may(self.role, project_id_of(row)):
            raise PermissionDenied
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = self.form_class(row, *sent)
        if form.is_valid() and self._done(admin, request, row, form):
            return redirect(admin.url("change", row.pk))
        return TemplateResponse(
            request,
            "admin/boon/row_page.html",
            page_context(admin, request, self.title)
            | {"form": form, "original": row, "submit": self.submit, "explain": self.explain}
            | {"back": admin.url("change", row.pk)},
        )

    def _done(self, admin: Any, request: HttpRequest, row: Any, form: RowForm) -> bool:
        try:
            told = self.act(request, row, form)
        except Refusal as refusal:
            show_refusal(form, refusal)
            return False
        admin.message_user(request, told, messages.SUCCESS)
        return True


def page_context(admin: Any, request: HttpRequest, title: str) -> dict[str, Any]:
    """What every page of ours gives to the template of the theme."""
    request.current_app = admin.admin_site.name
    return {**admin.admin_site.each_context(request), "title": title, "opts": admin.opts, "media": admin.media}


def ask_first(
    admin: Any, request: HttpRequest, rows: QuerySet[Any], *, title: str, question: str, submit: str
) -> HttpResponse | None:
    """The page that asks before an action; None where the user has answered yes."""
    if "confirmed" in request.POST:
        return None
    context = page_context(admin, request, title) | {
        "rows": rows,
        "question": question,
        "submit": submit,
        "action": request.POST.get("action", ""),
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "back": admin.url("changelist"),
    }
    return TemplateResponse(request, "admin/boon/ask_first.html", context)


def change_link(name: str, key: Any, text: str) -> Link:
    """A link to a row's page; `name` is `<app>_<model>`. No query, and no promise that the row is there."""
    return Link(text, reverse(f"admin:{name}_change", args=[key]))


def list_link(name: str, text: str, **query: Any) -> Link:
    """A link to a list, narrowed by what Django's lists understand in the address: `q`, `<field>__exact`."""
    return Link(text, reverse(f"admin:{name}_changelist", query=query))


def anchor(link: Link) -> SafeString:
    return format_html('<a class="boon-link" href="{}">{}</a>', link.url, link.text)


def moment(when: datetime | None) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if when else "–"


def local_moment(when: datetime | None, *, only_time: bool = False) -> SafeString:
    """A moment that scripts turn into the reader's own time, with UTC on hover; UTC without them."""
    if when is None:
        return SafeString("–")
    text = moment(when)
    shown, style = (text[11:], "time") if only_time else (text, "moment")
    parts = (when.astimezone(UTC).isoformat(), text, style, shown)
    return format_html('<time datetime="{}" title="{}" data-boon-local="{}">{}</time>', *parts)


def shown_json(value: JsonValue) -> SafeString:
    # Focusable, so that a long line can be scrolled by keyboard.
    return format_html('<pre class="boon-json" tabindex="0">{}</pre>', pretty(value))


def new_group_id() -> str:
    """The id under which the effects of one request of the admin are kept, like that of an API request."""
    return f"v-{uuid7().hex[:18]}"
