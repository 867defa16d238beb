"""Forms whose meaning is checked by the domain: what it refuses comes back as errors of the form."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from common.refusals import Duplicate, Refusal
from common.theme import dress
from projects.models import Project

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm

_API_PREFIX = re.compile(r"Property \.\S+ ")


class DomainForm(_ModelForm):
    """`refusal` is set by the admin (projects/scoping.py) where saving what this form says was refused."""

    refusal: ClassVar[Refusal | None] = None
    # From a path of the domain's errors (`loyalty.points`) to the field that asks for it, where their names differ.
    paths: ClassVar[Mapping[str, str]] = {}
    # The field that holds the name where the domain raises Duplicate for a name in use.
    naming_field: ClassVar[str] = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        dress(self)

    def clean(self) -> dict[str, Any]:
        """Whatever is chosen belongs to the project of the row: each choice alone is one of the user's projects'."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        project = cleaned.get("project") or getattr(self.instance, "project", None) if self._has_project() else None
        for name, value in list(cleaned.items()):
            other = getattr(value, "project_id", None)
            if project is not None and other is not None and other != project.pk:
                self.add_error(name, f"“{value}” belongs to another project.")
        return cleaned

    def chosen_project(self) -> Project | None:
        """The project of the row or, of a new one, the one that is chosen so far: other choices hang on it."""
        if self.instance.project_id:
            own: Project = self.instance.project
            return own
        field: Any = self.fields.get("project")
        if field is None:
            return None
        said = self.data.get("project") if self.is_bound else self.initial.get("project", field.initial)
        try:
            chosen: Project | None = field.clean(said) if said else None
        except forms.ValidationError:
            return None
        return chosen

    def _has_project(self) -> bool:
        return "project" in self.fields or getattr(self.instance, "project_id", None) is not None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # a hook that django-stubs leaves out
        if isinstance(self.refusal, Duplicate) and self.naming_field in self.fields:
            self.add_error(self.naming_field, "This name is in use in this project already.")
        elif self.refusal is not None:
            self.show(self.refusal)

    def show(self, refusal: Refusal) -> None:
        """Adds what was refused to the page."""
        show_refusal(self, refusal, self.paths)


def show_refusal(form: forms.BaseForm, refusal: Refusal, paths: Mapping[str, str] | None = None) -> None:
    """Adds what was refused to the form: to the field where there is one, above the form where there is none."""
    paths = paths or {}
    for error in refusal.errors:
        name = paths.get(error.path, error.path)
        if name in form.fields:
            form.add_error(name, for_people(error.message))
        else:
            form.add_error(None, error.message)
    if not refusal.errors:
        form.add_error(None, sentence_of(refusal))


def sentence_of(refusal: Refusal) -> str:
    return refusal.details or refusal.message


def for_people(message: str) -> str:
    """The API's sentence about a field, without the field's path: people see it next to the field."""
    text = _API_PREFIX.sub("", message)
    return text[:1].upper() + text[1:]
