"""Django's plainest widgets, written without a template each: a page of the schema builder has two thousand of them.

They write the same HTML, a tenth as slowly.
"""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class _Quick(forms.widgets.Input):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        said = self.format_value(value)
        shown = {"type": self.input_type, "name": name, **({"value": said} if said is not None else {})}
        return format_html("<input{}>", flatatt(shown | self.build_attrs(self.attrs, attrs)))


class QuickInput(_Quick, forms.TextInput):
    pass


class QuickDate(_Quick, forms.DateInput):
    pass


class QuickHidden(_Quick, forms.HiddenInput):
    pass


class QuickCheckbox(forms.CheckboxInput):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        said = self.format_value(value)
        shown = {"type": "checkbox", "name": name, "checked": self.check_test(value)}
        shown |= {"value": said} if said is not None else {}
        return format_html("<input{}>", flatatt(shown | self.build_attrs(self.attrs, attrs)))


class QuickTextarea(forms.Textarea):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = {"name": name, **self.build_attrs(self.attrs, attrs)}
        # A browser drops the first line break inside.
        return format_html("<textarea{}>\n{}</textarea>", flatatt(shown), self.format_value(value) or "")


class QuickSelect(forms.Select):
    """Of choices without groups."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        options = [(key, flatatt({"selected": str(key) in chosen}), label) for key, label in self.choices]
        shown = {"name": name, **self.build_attrs(self.attrs, attrs)}
        return format_html(
            "<select{}>{}</select>",
            flatatt(shown),
            format_html_join("", '<option value="{}"{}>{}</option>', options),
        )
