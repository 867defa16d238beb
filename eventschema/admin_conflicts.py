"""What an edit page carries so that no save overwrites another's, and what it shows where two saves meet."""

import json
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from common.jsons import ExactDecoder, JsonObject, dumps
from eventschema.conflicts import EditedMeanwhile, differences, mine_on_theirs

SALT = "eventschema.base"


class BaseField(forms.CharField):
    """The state that is edited (conflicts.definition_state), signed: what comes back is what was given out."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def prepare_value(self, value: Any) -> Any:
        return signing.dumps(dumps(value), salt=SALT, compress=True) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        """The state, or None where the page carried none."""
        if not value:
            return None
        try:
            state: JsonObject = json.loads(signing.loads(value, salt=SALT), cls=ExactDecoder)
        except signing.BadSignature as error:
            raise ValidationError("This page is too old to be saved. Open it anew.", code="base") from error
        return state

    def run_validators(self, value: Any) -> None:
        """What we signed needs no check."""


def bring_together(request: HttpRequest, form_class: Any, conflict: EditedMeanwhile) -> None:
    """Lets the page that comes back show mine on top of theirs: saving it again is then a change of theirs."""
    fields, form_class.rebased = mine_on_theirs(conflict)
    posted = request.POST.copy()
    for name, value in fields.items():
        if isinstance(value, bool):
            posted.pop(name, None)
            value = "on" if value else ""
        if value:
            posted[name] = value
    posted["base"] = BaseField().prepare_value(conflict.theirs)
    request.POST = posted  # type: ignore[assignment]  # Django takes any QueryDict
    request.boon_differences = differences(conflict)  # type: ignore[attr-defined]  # read by the page
