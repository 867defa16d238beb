"""The forms of campaigns: what every kind asks for when it is made, adding a code, giving a code to a customer."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from campaigns.codes import parse_code_config
from campaigns.creation import CampaignFields
from campaigns.generation import MOST_CODES
from campaigns.models import CodeSupply
from common.formfields import MomentField
from common.jsons import JsonObject
from common.refusals import NotFound
from customers.models import Customer
from customers.reading import find_customer
from projects.forms import DomainForm
from projects.models import Project
from projects.pages import RowForm

CAMPAIGN_FIELDSETS = (
    ("When it runs", {"fields": ("start_date", "expiration_date")}),
    ("Codes", {"fields": ("type", "pattern", "vouchers_count")}),
)


class CampaignForm(DomainForm):
    """What a referral and a loyalty programme have in common. Each kind adds its own fields."""

    paths = {
        "voucher.code_config.pattern": "pattern",
        "voucher.loyalty_card.points": "initial_points",
        "referral_program.referee_reward.related_object_parent": "referee_reward_campaign",
        "referral_program.referee_reward.amount": "referee_reward_amount",
    }

    naming_field = "name"

    name = forms.CharField(max_length=255)
    description = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    start_date = MomentField(label="Starts", help_text="In UTC. Empty: at once.")
    expiration_date = MomentField(label="Ends", help_text="In UTC. Empty: never.")
    type = forms.ChoiceField(label="Supply", choices=CodeSupply.choices, initial=CodeSupply.AUTO_UPDATE)
    pattern = forms.CharField(
        required=False,
        max_length=100,
        help_text="How codes look: every # becomes a random character, as in FRIEND-####. Empty: 8 random characters.",
    )
    vouchers_count = forms.IntegerField(
        label="Codes to make now", required=False, min_value=0, max_value=MOST_CODES, initial=0
    )

    def clean_pattern(self) -> str:
        pattern: str = self.cleaned_data["pattern"]
        if pattern and "#" not in pattern:
            raise ValidationError("A pattern needs at least one #, or all codes would be the same.")
        return pattern

    def campaign_fields(self, campaign_type: str, template: JsonObject, **more: Any) -> CampaignFields:
        said = self.cleaned_data
        config, _ = parse_code_config({"pattern": said["pattern"] or None}, "pattern")
        return CampaignFields(
            name=said["name"],
            campaign_type=campaign_type,
            voucher_template=template,
            type=said["type"],
            description=said["description"],
            start_date=said["start_date"],
            expiration_date=said["expiration_date"],
            vouchers_count=said["vouchers_count"] or 0,
            code_config=config,
            **more,
        )


class AddCodeForm(RowForm):
    code = forms.CharField(required=False, max_length=255, help_text="Empty: a random one by the campaign's pattern.")


class PublishForm(RowForm):
    customer = forms.CharField(help_text="The source id, the e-mail address or the id of a customer.")
    code = forms.CharField(
        required=False, max_length=255, help_text="A code of this campaign that nobody has. Empty: any free one."
    )

    def clean_customer(self) -> Customer:
        name: str = self.cleaned_data["customer"]
        project: Project = self.row.project
        by_email = list(Customer.objects.filter(project=project, email__iexact=name, deleted_at=None)[:2])
        if len(by_email) > 1:
            raise ValidationError("Several customers have this address. Use the source id.", code="ambiguous")
        try:
            return by_email[0] if by_email else find_customer(project, name)
        except NotFound as error:
            raise ValidationError(f"There is no customer “{name}” in {project}.", code="not_found") from error
