"""A row of a CSV file of codes, as the JSON that says the same."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from campaigns.offers import AMOUNT_OF_TYPE
from common.jsons import JsonObject, JsonValue
from eventschema.schema import CompiledProperties

# By the heading in lower case, the field of a voucher.
TEXTS = {
    "code": "code",
    "category": "category",
    "start date": "start_date",
    "expiration date": "expiration_date",
    "additional info": "additional_info",
}
TRUTHS = {"true": True, "false": False, "1": True, "0": False}
WORTH = ("voucher type", "value", "discount type")
# What only redemptions write.
IGNORED = ("redeemed quantity", "redeemed amount")


def item_of_row(row: Mapping[str, Any], template: Mapping[str, Any], schema: CompiledProperties | None) -> JsonObject:
    """`template` is that of the campaign, whose codes need not say what they are worth.

    Columns of other headings are metadata; the project's schema of vouchers says which of them are no texts. Values
    that cannot be read are left as they are, for the check that names them. Empty cells say nothing.
    """
    cells = {str(name).strip(): value.strip() for name, value in row.items() if name and isinstance(value, str)}
    known = {name.casefold(): text for name, text in cells.items() if text}
    item: JsonObject = {field: known[name] for name, field in TEXTS.items() if name in known}
    if "active" in known:
        item["active"] = TRUTHS.get(known["active"].casefold(), known["active"])
    if "redemption limit" in known:
        item["redemption"] = {"quantity": _number(known["redemption limit"])}
    item |= _worth(known, template)
    own = {*TEXTS, *WORTH, *IGNORED, "active", "redemption limit"}
    metadata = {
        name: _typed(name, text, schema) for name, text in cells.items() if text and name.casefold() not in own
    }
    return item | {"metadata": metadata} if metadata else item


def _worth(known: Mapping[str, str], template: Mapping[str, Any]) -> JsonObject:
    item: JsonObject = {"type": known["voucher type"].upper()} if "voucher type" in known else {}
    if "value" not in known:
        return item
    value = _number(known["value"])
    if item.get("type", template.get("type")) == "GIFT_VOUCHER":
        return item | {"gift": {**template.get("gift", {}), "amount": value}}
    said = template.get("discount", {})
    kind = known.get("discount type", said.get("type", "AMOUNT")).upper()
    kept = said if kind == said.get("type") else {}
    return item | {"discount": {**kept, "type": kind, AMOUNT_OF_TYPE.get(kind, "amount_off"): value}}


def _number(text: str) -> JsonValue:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number) > 10**18:
        return text
    return int(number) if number == number.to_integral_value() else number


def _typed(name: str, text: str, schema: CompiledProperties | None) -> JsonValue:
    compiled = schema.by_key.get(name) if schema else None
    found = compiled.read(text) if compiled else None
    return text if found is None else found
