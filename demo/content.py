"""What the demo shop defines: events for the usual ideas, a club, and a referral campaign that pays both sides."""

from dataclasses import dataclass

from common.jsons import JsonObject

PROJECT_NAME = "Demo shop"
PROJECT_SLUG = "demo-shop"
CLUB = "Demo club"
REFERRALS = "Bring a friend"
REFERRAL_CODE = "NRY-01"
REFERRER = {"source_id": "nora.ryan@example.com", "name": "Nora Ryan", "email": "nora.ryan@example.com"}
REFEREE_POINTS = 50
REFERRER_POINTS = 100

OPTIONAL_TEXT: JsonObject = {"type": "string", "optional": True, "max_length": 200}

# Event name → (what it is for, its properties as the management API writes them).
REMINDER = "Reminder of a cart"
REMINDER_SUBJECT = "You left something behind"
REMINDER_BODY = "Dear {{customer.name}},\n\nyour cart of {{event.metadata.value}} is still there.\n"
DEFINITIONS: dict[str, tuple[str, JsonObject]] = {
    "signed_up": ("A person opened an account.", {"sign_up_date": {"type": "datetime", "optional": True}}),
    "sign_up": ("A person began to sign up.", {"form": OPTIONAL_TEXT}),
    "customer_subscribed": (
        "A customer took out a subscription.",
        {"plan": {"type": "string", "optional": False, "eq": ["basic", "plus", "family"]}},
    ),
    "cart_abandoned": (
        "A cart was left behind.",
        {
            "value": {"type": "number", "optional": False, "gte": 0},
            "items": {"type": "string", "optional": True, "array": True},
        },
    ),
    "newsletter_subscribe": (
        "Someone subscribed to the newsletter.",
        {"topics": {"type": "string", "optional": True, "array": True, "eq": ["news", "offers", "events"]}},
    ),
    "ebook_download": (
        "An e-book was downloaded.",
        {"title": {"type": "string", "optional": False, "max_length": 200}},
    ),
    "check_in": (
        "A guest arrived.",
        {
            "place": {"type": "geopoint", "optional": True},
            "party_size": {"type": "number", "optional": True, "gte": 1},
        },
    ),
    "check_out": ("A guest left and paid.", {"amount": {"type": "number", "optional": False, "gte": 0}}),
    "share_social": (
        "Something of ours was shared on a network.",
        {"network": {"type": "string", "optional": False, "eq": ["mastodon", "instagram", "facebook", "x"]}},
    ),
    "share_email": (
        "Something of ours was recommended by e-mail.",
        {"recipients": {"type": "number", "optional": True}},
    ),
    "join_webinar": ("Someone joined a webinar.", {"webinar": OPTIONAL_TEXT}),
    "join_event": ("Someone came to an event.", {"event_date": {"type": "date", "optional": True}}),
    "like_social": ("Something of ours was liked.", {"picture": {"type": "image_url", "optional": True}}),
    "left_review": (
        "A review was written.",
        {
            "rating": {"type": "number", "optional": False, "gte": 1, "lte": 5},
            "text": {"type": "string", "optional": True, "max_length": 2000},
            "recommends": {"type": "boolean", "optional": True},
        },
    ),
    "left_comment": ("A comment was written.", {"text": {"type": "string", "optional": True, "max_length": 2000}}),
}


@dataclass(frozen=True, slots=True)
class DemoRule:
    """An earning rule of the club; with `every`, points for every so much of the property."""

    event: str
    banner: str
    points: int
    every: str = ""
    property_name: str = ""


RULES = [
    DemoRule("signed_up", "Welcome", 20),
    DemoRule("newsletter_subscribe", "Newsletter", 5),
    DemoRule("left_review", "Thank you for the review", 15),
    DemoRule("check_out", "One point for every 10", 1, every="10", property_name="amount"),
]

# (source id, name, VIP)
CUSTOMERS = [
    ("ivy.lin@example.com", "Ivy Lin", True),
    ("omar.haddad@example.com", "Omar Haddad", False),
    ("greta.holm@example.com", "Greta Holm", False),
    ("teo.marin@example.com", "Teo Marin", True),
    ("sanna.niemi@example.com", "Sanna Niemi", False),
    ("paul.okafor@example.com", "Paul Okafor", False),
]

# (days ago, customer's position, event, metadata); every third newcomer brings Nora's code.
HISTORY: list[tuple[int, int, str, JsonObject]] = [
    (27, 0, "signed_up", {}),
    (26, 0, "newsletter_subscribe", {"topics": ["news", "offers"]}),
    (24, 1, "signed_up", {}),
    (22, 0, "check_out", {"amount": 84}),
    (20, 2, "signed_up", {}),
    (19, 1, "check_out", {"amount": 129}),
    (18, 2, "ebook_download", {"title": "Brewing at home"}),
    (16, 0, "left_review", {"rating": 5, "text": "Quick and friendly.", "recommends": True}),
    (15, 3, "signed_up", {}),
    (13, 3, "cart_abandoned", {"value": 42, "items": ["kettle", "filter"]}),
    (12, 1, "newsletter_subscribe", {"topics": ["events"]}),
    (10, 4, "signed_up", {}),
    (9, 2, "check_in", {"place": "52.520008, 13.404954", "party_size": 2}),
    (8, 2, "check_out", {"amount": 56}),
    (6, 3, "check_out", {"amount": 210}),
    (5, 5, "signed_up", {}),
    (4, 4, "left_review", {"rating": 4, "recommends": True}),
    (3, 5, "share_social", {"network": "mastodon"}),
    (2, 1, "customer_subscribed", {"plan": "plus"}),
    (1, 0, "check_out", {"amount": 33}),
]
# Positions of customers who signed up with Nora's code.
REFERRED = (2, 5)
