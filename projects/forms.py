"""Forms whose meaning is checked by the domain: what it refuses comes back as errors of the form."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from common.refusals import Refusal
from common.theme import dress

_API_PREFIX = re.compile(r"Property \.\S+ ")


class DomainForm(forms.ModelForm[Any]):
    """`refusal` is set by the admin (projects/scoping.py) where saving what this form says was refused."""

    refusal: ClassVar[Refusal | None] = None
    # From a path of the domain's errors (`loyalty.points`) to the field that asks for it; a field's own name needs none.
    paths: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        dress(self)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # a hook that django-stubs leaves out
        if self.refusal is not None:
            show_refusal(self, self.refusal, self.paths)


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
