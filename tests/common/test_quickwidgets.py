"""The quick widgets write what Django's write."""

from typing import Any

import pytest
from django import forms
from django.test.html import parse_html

from common.quickwidgets import QuickCheckbox, QuickInput, QuickSelect, QuickTextarea
from tests.hostile_texts import HOSTILE_TEXTS

ATTRS = {"id": "id_x", "aria-invalid": "true", "required": True, "disabled": False, "title": '"><b>'}
TEXTS = [None, "", "a\nb", "\nfirst", 0, 2.5, *HOSTILE_TEXTS[:12]]


def same(quick: forms.Widget, plain: forms.Widget, value: Any) -> None:
    written = quick.render("x-0", value, ATTRS)
    assert parse_html(written) == parse_html(plain.render("x-0", value, ATTRS))


@pytest.mark.parametrize("value", TEXTS)
def test_texts_are_written_alike(value: Any):
    same(QuickInput(attrs={"inputmode": "decimal"}), forms.TextInput(attrs={"inputmode": "decimal"}), value)
    same(QuickTextarea(attrs={"rows": 1}), forms.Textarea(attrs={"rows": 1}), value)


@pytest.mark.parametrize("value", [None, False, True, "on", ""])
def test_ticks_are_written_alike(value: Any):
    same(QuickCheckbox(), forms.CheckboxInput(), value)


@pytest.mark.parametrize("value", [None, "", "a", "<b>", 1])
def test_choices_are_written_alike(value: Any):
    choices = [("", "–"), ("a", "A & B"), ("<b>", "<b>"), (1, "One")]

    same(QuickSelect(choices=choices), forms.Select(choices=choices), value)
