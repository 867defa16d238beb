"""The forms of campaigns: what every kind asks for when it is made, adding a code, giving a code to a customer."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from campaigns.codes import parse_code_config
from campaigns.creation import STANDALONE_TYPES, CampaignFields
from campaigns.generation import MOST_CODES
from campaigns.models import Campaign, CampaignType, CodeSupply, VoucherType
from campaigns.offers import MOST_AMOUNT
from common.formfields import MomentField
from common.jsons import JsonObject
from common.refusals import NotFound
from customers.models import Customer
from customers.reading import find_customer
from projects.forms import DomainForm
from projects.models import Project
from projects.pages import RowForm

LARGEST_FILE = 10 * 1024 * 1024
CAMPAIGN_FIELDSETS = (
    ("When it runs", {"fields": ("start_date", "expiration_date")}),
    ("Codes", {"fields": ("type", "pattern", "vouchers_count")}),
)


class CampaignForm(DomainForm):
    """What a referral and a loyalty programme have in common. Each kind adds its own fields."""

    paths = {
        "validation_rules": "validation_rule",
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
        label="Codes to make now",
        required=False,
        min_value=0,
        max_value=MOST_CODES,
        initial=0,
        help_text="More than a hundred are made by the worker; the campaign's page shows how far that is.",
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


class NewCampaignForm(CampaignForm):
    """A campaign whose codes need no programme behind them."""

    paths = CampaignForm.paths | {"voucher.discount.percent_off": "percent_off", "voucher.gift.amount": "gift_amount"}

    campaign_type = forms.ChoiceField(
        label="What its codes are", choices=[(kind, kind.label) for kind in STANDALONE_TYPES]
    )
    percent_off = forms.DecimalField(
        label="Discount (%)",
        required=False,
        min_value=0,
        max_value=100,
        initial=10,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"data-shown-when": f"campaign_type={CampaignType.DISCOUNT_COUPONS}"}),
    )
    gift_amount = forms.IntegerField(
        label="Credits on a new card",
        required=False,
        min_value=0,
        max_value=MOST_AMOUNT,
        help_text="In the smallest unit of your currency: 5000 is 50.00.",
        widget=forms.NumberInput(attrs={"data-shown-when": f"campaign_type={CampaignType.GIFT_VOUCHERS}"}),
    )

    class Meta:
        model = Campaign
        fields = ["project"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        name = "percent_off" if cleaned.get("campaign_type") == CampaignType.DISCOUNT_COUPONS else "gift_amount"
        if cleaned.get(name) is None and name not in self.errors:
            self.add_error(name, "This field is required.")
        return cleaned

    def as_campaign(self) -> CampaignFields:
        said = self.cleaned_data
        if said["campaign_type"] == CampaignType.DISCOUNT_COUPONS:
            discount: JsonObject = {"type": "PERCENT", "percent_off": said["percent_off"].normalize()}
            return self.campaign_fields(
                said["campaign_type"], {"type": str(VoucherType.DISCOUNT_VOUCHER), "discount": discount}
            )
        gift: JsonObject = {"amount": said["gift_amount"], "effect": "APPLY_TO_ORDER"}
        return self.campaign_fields(said["campaign_type"], {"type": str(VoucherType.GIFT_VOUCHER), "gift": gift})


class AddCodesForm(RowForm):
    count = forms.IntegerField(
        label="How many", min_value=1, max_value=MOST_CODES, help_text="Made by the campaign's pattern."
    )


class ImportForm(RowForm):
    file = forms.FileField(
        label="CSV file",
        help_text="In UTF-8, the first line with headings: Code, and where you like Value, Category, Active, "
        "Start Date, Expiration Date, Redemption Limit, Additional Info. Other columns become metadata.",
    )

    def clean_file(self) -> bytes:
        sent = self.cleaned_data["file"]
        if sent.size > LARGEST_FILE:
            raise ValidationError("The file is larger than 10 MB.")
        raw: bytes = sent.read()
        return raw


class BalanceForm(RowForm):
    amount = forms.IntegerField(
        min_value=-MOST_AMOUNT,
        max_value=MOST_AMOUNT,
        help_text="In the smallest unit of your currency: 5000 is 50.00. A negative number takes credits.",
    )
    reason = forms.CharField(required=False, max_length=500)


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
