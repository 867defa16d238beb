"""The form of a customer: what people may say of one, as a profile that is upserted like any other."""

from typing import Any

from django import forms

from common.formfields import JsonObjectField
from customers.models import Customer
from customers.profiles import ADDRESS_FIELDS, Profile
from projects.forms import DomainForm

TEXTS = ("name", "email", "phone", "description")
ADDRESS_LABELS = {
    "line_1": "Address",
    "line_2": "Address, 2nd line",
    "postal_code": "Postal code",
    "city": "City",
    "state": "State",
    "country": "Country",
}


class CustomerForm(DomainForm):
    line_1 = forms.CharField(label=ADDRESS_LABELS["line_1"], required=False, max_length=255)
    line_2 = forms.CharField(label=ADDRESS_LABELS["line_2"], required=False, max_length=255)
    postal_code = forms.CharField(label=ADDRESS_LABELS["postal_code"], required=False, max_length=255)
    city = forms.CharField(label=ADDRESS_LABELS["city"], required=False, max_length=255)
    state = forms.CharField(label=ADDRESS_LABELS["state"], required=False, max_length=255)
    country = forms.CharField(label=ADDRESS_LABELS["country"], required=False, max_length=255)
    metadata = JsonObjectField(
        required=False, help_text="Keys that are left out stay as they are; null is a value of its own."
    )

    class Meta:
        model = Customer
        fields = ["project", "source_id", *TEXTS, "birthdate", "metadata"]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "birthdate": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {"source_id": "Your own id of this customer. It cannot be changed later."}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        address = self.instance.address or {}
        for part in ADDRESS_FIELDS:
            self.initial.setdefault(part, address.get(part))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance._state.adding and not any(cleaned.get(name) for name in ("source_id", *TEXTS)):
            self.add_error(None, "Say at least one thing that tells this customer from others, such as a source id.")
        return cleaned

    def profile(self) -> Profile:
        """What was changed in the form. A field that was emptied is cleared."""
        said = {name: self.cleaned_data[name] or None for name in self.changed_data}
        known = not self.instance._state.adding
        return Profile(
            id=self.instance.public_id if known else None,
            key=self.instance.pk if known else None,
            source_id=None if known else self.cleaned_data["source_id"] or None,
            fields={name: said[name] for name in (*TEXTS, "birthdate") if name in said},
            address={name: said[name] for name in ADDRESS_FIELDS if name in said} or None,
            metadata=self.cleaned_data["metadata"] if "metadata" in said else {},
        )
