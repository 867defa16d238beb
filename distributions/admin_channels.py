"""The channels of a distribution as cards of a form: each has the fields of its type (distributions/channels/)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from common.jsons import JsonObject
from common.refusals import FieldError
from distributions.channels.base import Channel
from distributions.channels.registry import channel_types
from distributions.checking import MOST_CHANNELS, channel_errors, tidied_channels
from projects.forms import for_people

_PATH = re.compile(r"channel\.(?P<field>[a-z_]+)(\.(?P<rest>.+))?", re.DOTALL)


class ChannelForm(forms.Form):
    """One channel. `place` is its place among the stored ones, `channel` what it says, None where that is wrong."""

    place = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    type = forms.ChoiceField(label="By")

    def __init__(self, *args: Any, stored: Sequence[JsonObject] = (), **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        own: Any = self.fields
        own["type"].choices = [(name, kind.label) for name, kind in channel_types().items()]
        for kind in channel_types().values():
            own.update({f"{kind.type}_{name}": field for name, field in kind.form_fields().items()})
        self.stored = stored
        self.channel: JsonObject | None = None

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        kind = channel_types().get(said.get("type", ""))
        if kind is None or said.get("DELETE"):
            return said
        # What was typed for the other types stays unread.
        for name in [name for name in self.errors if name not in _names(kind)]:
            del self._errors[name]  # type: ignore[attr-defined]  # Django's own name
        if not self.errors:
            self._read(kind, {name: said[f"{kind.type}_{name}"] for name in kind.form_fields()})
        return said

    def _read(self, kind: Channel, typed: JsonObject) -> None:
        for name, sentence in kind.typing_errors(typed):
            self.add_error(f"{kind.type}_{name}", sentence)
        if self.errors:
            return
        channel = {"type": kind.type, **kind.said(typed)}
        for error in channel_errors(channel, "channel"):
            self._show(kind, error)
        if not self.errors:
            self.channel = self._as_stored(tidied_channels([channel])[0])

    def _show(self, kind: Channel, error: FieldError) -> None:
        """Beside its field; what is wrong further inside says where."""
        found = _PATH.fullmatch(error.path)
        name = f"{kind.type}_{found['field']}" if found else ""
        where = f"{found['rest']}: " if found and found["rest"] else ""
        self.add_error(name if name in self.fields else None, where + for_people(error.message))

    def _as_stored(self, channel: JsonObject) -> JsonObject:
        """As it was sent to the API, where the page says the same: it knows one kind of line ends alone."""
        place = self.cleaned_data.get("place")
        kept = self.stored[place] if place is not None and place < len(self.stored) else None
        return kept if kept is not None and _plainly(kept) == _plainly(channel) else channel


def _names(kind: Channel) -> set[str]:
    return {"place", "type", *(f"{kind.type}_{name}" for name in kind.form_fields())}


def _plainly(channel: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value
        for name, value in channel.items()
    }


class _ChannelForms(forms.BaseFormSet):  # type: ignore[type-arg]  # generic in the stubs alone
    @property
    def living(self) -> list[Any]:
        """The cards that are not removed, in order, once the forms were asked whether they are valid."""
        return [form for form in self.forms if not form.cleaned_data.get("DELETE")] if self.is_bound else []


ChannelFormSet: Any = forms.formset_factory(
    ChannelForm, formset=_ChannelForms, extra=0, can_delete=True, max_num=MOST_CHANNELS, absolute_max=MOST_CHANNELS
)


def cards_of(channels: Sequence[JsonObject], data: Any = None) -> Any:
    """The formset of these stored channels; `data` is what was posted, where something was."""
    initial = [_initial(place, channel) for place, channel in enumerate(channels)]
    return ChannelFormSet(data, prefix="channels", initial=initial, form_kwargs={"stored": channels})


def _initial(place: int, channel: JsonObject) -> JsonObject:
    kind = channel_types()[channel["type"]]
    typed = {f"{kind.type}_{name}": value for name, value in kind.typed(channel).items()}
    return {"place": place, "type": kind.type, **typed}
