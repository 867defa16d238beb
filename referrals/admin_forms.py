"""The forms of referral programmes and their tiers."""

from typing import Any

from django import forms

from campaigns.admin_forms import CampaignForm
from campaigns.creation import CampaignFields
from campaigns.models import CampaignType
from common.jsons import JsonObject
from projects.forms import DomainForm
from referrals.models import Criterion, ReferralProgram, ReferralTier, RewardType
from referrals.programs import ProgramFields, Reward, TierFields
from rules.admin_forms import rule_choices
from rules.assigning import assigned
from rules.models import ContextType, ObjectType


def loyalty_campaigns(rows: Any) -> Any:
    """Of campaigns, those whose cards can be paid points."""
    return rows.filter(campaign_type=CampaignType.LOYALTY_PROGRAM, deleted_at=None)


def published_events(rows: Any) -> Any:
    """Of event definitions, those that take events."""
    return rows.filter(deleted_at=None, version__gt=0)


class ReferralProgramForm(CampaignForm):
    percent_off = forms.IntegerField(
        label="Discount for the friend (%)",
        min_value=1,
        max_value=100,
        initial=10,
        help_text="What your shop takes off when a friend enters the code.",
    )
    referee_reward_amount = forms.IntegerField(
        label="Points for the friend", required=False, min_value=1, help_text="Empty: the friend gets no points."
    )

    validation_rule = forms.ChoiceField(
        label="Only if this validation rule holds",
        required=False,
        help_text="What it asks for is made under Validation rules.",
    )

    class Meta:
        model = ReferralProgram
        fields = ["project", "definition", "referee_reward_amount", "referee_reward_campaign"]
        labels = {"definition": "Event that converts", "referee_reward_campaign": "on the cards of"}
        help_texts = {"definition": "A friend who brings a code counts as soon as this event comes in."}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "validation_rule" in self.fields:
            own: Any = self.fields["validation_rule"]
            own.choices, self.initial["validation_rule"] = self._rules()

    def _rules(self) -> tuple[Any, str]:
        """The rules to choose from, and the one that is chosen."""
        program = self.instance
        found = None if program._state.adding else assigned(ObjectType.CAMPAIGN, [program.pk]).get(program.pk)
        chosen = found.rule.public_id if found else ""
        offered: Any = self.fields.get("project")
        projects = [program.project_id] if program.project_id else offered.queryset if offered else []
        return rule_choices(projects, [ContextType.REFERRAL_PROGRAM], chosen), chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("referee_reward_amount")) != bool(cleaned.get("referee_reward_campaign")):
            name = "referee_reward_campaign" if cleaned.get("referee_reward_amount") else "referee_reward_amount"
            if name not in self.errors:
                self.add_error(name, "Points need a loyalty programme, and a loyalty programme needs points.")
        return cleaned

    def as_campaign(self) -> CampaignFields:
        discount: JsonObject = {"type": "PERCENT", "percent_off": self.cleaned_data["percent_off"]}
        template = {"type": "DISCOUNT_VOUCHER", "discount": discount}
        return self.campaign_fields(CampaignType.REFERRAL_PROGRAM, template)

    def as_program(self, tiers: list[TierFields]) -> ProgramFields:
        amount, campaign = self.cleaned_data["referee_reward_amount"], self.cleaned_data["referee_reward_campaign"]
        reward = Reward(RewardType.LOYALTY_CARD, campaign, amount) if amount and campaign else None
        return ProgramFields(self.cleaned_data["definition"], reward, tiers)


class TierForm(DomainForm):
    """What the referrer gets for each friend who converts."""

    amount = forms.IntegerField(label="Points for the referrer", min_value=1)

    class Meta:
        model = ReferralTier
        fields = ["banner", "amount", "reward_campaign", "active"]
        labels = {"reward_campaign": "on the cards of"}

    def as_tier(self) -> TierFields:
        said = self.cleaned_data
        reward = Reward(RewardType.LOYALTY_CARD, said["reward_campaign"], said["amount"])
        return TierFields(reward, Criterion.EACH, said["banner"], said["active"])
