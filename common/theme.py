"""The base classes of the admin pages: the theme's, or Django's own where ADMIN_THEME is plain.

Our pages use nothing of the theme but these names and the blocks that both sets of templates share, so that the theme
stays removable.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

from django import forms
from django.conf import settings

IS_THEMED = settings.ADMIN_THEME == "unfold"

if TYPE_CHECKING:
    from django.contrib import admin
    from django.contrib.admin.views.main import ChangeList
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
    from django.contrib.auth.forms import AdminUserCreationForm as UserCreationForm

    ModelAdmin: TypeAlias = admin.ModelAdmin[Any]
    StackedInline: TypeAlias = admin.StackedInline[Any, Any]
elif IS_THEMED:
    from unfold.admin import ModelAdmin, StackedInline
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
    from unfold.views import ChangeList
else:
    from django.contrib.admin import ModelAdmin, StackedInline
    from django.contrib.admin.views.main import ChangeList
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
    from django.contrib.auth.forms import AdminUserCreationForm as UserCreationForm

__all__ = [
    "IS_THEMED",
    "STYLESHEETS",
    "AdminPasswordChangeForm",
    "ChangeList",
    "ModelAdmin",
    "StackedInline",
    "UserChangeForm",
    "UserCreationForm",
    "dress",
]

# What the names --boon-* mean in this theme, then what is built on them.
STYLESHEETS = (
    f"boon/{'unfold' if IS_THEMED else 'plain'}.css",
    "boon/admin.css",
    "boon/panels.css",
    "boon/timeline.css",
)


def dress(form: forms.BaseForm) -> None:
    """Gives the fields that a form declares itself the look that the theme gives those of a model."""
    for field in form.fields.values():
        look = _look_of(field.widget)
        if look and not field.widget.attrs.get("class"):
            field.widget.attrs["class"] = look
            if IS_THEMED and isinstance(field.widget, forms.Select):
                field.widget.template_name = "unfold/widgets/select.html"  # with its arrow


def _look_of(widget: forms.Widget) -> str:
    if not IS_THEMED:
        return "vLargeTextField" if isinstance(widget, forms.Textarea) else ""
    from unfold import widgets  # here, since the plain admin must start without it

    if isinstance(widget, forms.CheckboxInput):
        return " ".join(widgets.SWITCH_CLASSES)
    if isinstance(widget, forms.Textarea):
        return " ".join(widgets.TEXTAREA_CLASSES)
    if isinstance(widget, forms.Select):
        return " ".join(widgets.SELECT_CLASSES)
    is_typed_into = isinstance(widget, forms.widgets.Input) and widget.input_type not in ("hidden", "radio", "file")
    return " ".join(widgets.INPUT_CLASSES) if is_typed_into else ""
