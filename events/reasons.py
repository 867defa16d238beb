"""Why a rule or a referral declined an event. The list is closed: docs/integrators/reasons.md explains every one."""

from enum import StrEnum


class Reason(StrEnum):
    # referral codes, in the order in which they are looked at (docs/algorithms/referrals.md)
    NOT_A_REFERRAL_CODE = "not_a_referral_code"
    NOT_CONVERSION_EVENT = "not_conversion_event"
    CAMPAIGN_INACTIVE = "campaign_inactive"
    OUTSIDE_WINDOW = "outside_window"
    CODE_DISABLED = "code_disabled"
    CODE_EXPIRED = "code_expired"
    NOT_PUBLISHED = "not_published"
    SELF_REFERRAL = "self_referral"
    ALREADY_REFERRED = "already_referred"
    # earning rules (docs/algorithms/earning.md)
    CLIENT_EARNING_OFF = "client_earning_off"
    RULE_INACTIVE = "rule_inactive"
    OTHER_CARD = "other_card"
    NO_CARD = "no_card"
    PROPERTY_MISSING = "property_missing"
    CONDITION_NOT_MET = "condition_not_met"
    POINTS_OUT_OF_RANGE = "points_out_of_range"
    # distributions (docs/algorithms/distributions.md)
    CAP_REACHED = "cap_reached"
    # the chain itself
    DEPTH_LIMIT = "depth_limit"
