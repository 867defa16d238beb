"""What a code is worth: discounts and gifts as the contract writes them (h.4), checked and without what is unknown."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError

# No amount beyond this: far above any price in minor units, far below what 64 bits hold.
MOST_AMOUNT = 10**15
Parsed = tuple[JsonObject, list[FieldError]]

# By the type of a discount, the number that says how much; a formula of the same name may stand for it.
AMOUNT_OF_TYPE = {"AMOUNT": "amount_off", "PERCENT": "percent_off", "FIXED": "fixed_amount", "UNIT": "unit_off"}
NUMBERS = (*AMOUNT_OF_TYPE.values(), "amount_limit", "aggregated_amount_limit")
TEXTS = (*(f"{name}_formula" for name in AMOUNT_OF_TYPE.values()), "effect", "unit_type")
ITEM_EFFECTS = (
    "APPLY_TO_ORDER",
    "APPLY_TO_ITEMS",
    "APPLY_TO_ITEMS_PROPORTIONALLY",
    "APPLY_TO_ITEMS_BY_QUANTITY",
    "APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY",
)
UNIT_EFFECTS = ("ADD_MISSING_ITEMS", "ADD_NEW_ITEMS", "ADD_MANY_ITEMS", "ADD_SAME_ITEMS")
GIFT_EFFECTS = ("APPLY_TO_ORDER", "APPLY_TO_ITEMS")


def parse_discount(raw: JsonValue, path: str) -> Parsed:
    """`{"type": "PERCENT", "percent_off": 10, …}`; nulls and unknown keys are dropped."""
    if not isinstance(raw, dict):
        return {}, [FieldError(path, "type", f"Property .{path} must be object", raw)]
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in AMOUNT_OF_TYPE:
        sentence = f"Property .{path}.type must be one of {', '.join(AMOUNT_OF_TYPE)}"
        return {}, [FieldError(f"{path}.type", "choice", sentence, kind)]
    discount = {"type": kind} | {name: raw[name] for name in (*NUMBERS, *TEXTS) if raw.get(name) is not None}
    discount |= {name: raw[name] for name in ("is_dynamic",) if isinstance(raw.get(name), bool)}
    discount |= {name: raw[name] for name in ("product", "sku") if isinstance(raw.get(name), dict)}
    if isinstance(raw.get("units"), list):
        discount["units"] = [unit for unit in raw["units"] if isinstance(unit, dict)]
    return discount, _discount_errors(discount, path)


def _discount_errors(discount: Mapping[str, Any], path: str) -> list[FieldError]:
    errors = [error for name in NUMBERS if name in discount for error in _amount_errors(discount[name], path, name)]
    errors += [
        FieldError(f"{path}.{name}", "type", f"Property .{path}.{name} must be string", discount[name])
        for name in TEXTS
        if name in discount and not _is_text(discount[name])
    ]
    amount = AMOUNT_OF_TYPE[discount["type"]]
    if not {amount, f"{amount}_formula"} & discount.keys() and not discount.get("units"):
        errors.append(
            FieldError(f"{path}.{amount}", "required", f"Property .{path} must have required property '{amount}'")
        )
    percent = discount.get("percent_off")
    if isinstance(percent, int | Decimal) and percent > 100:
        sentence = f"Property .{path}.percent_off must be from 0 to 100"
        errors.append(FieldError(f"{path}.percent_off", "range", sentence, percent))
    effects = UNIT_EFFECTS if discount["type"] == "UNIT" else ITEM_EFFECTS
    return errors + _choice_errors(discount, path, "effect", effects)


def parse_gift(raw: JsonValue, path: str) -> Parsed:
    """`{"amount": 5000, "effect": "APPLY_TO_ORDER"}`, the amount in minor units; other keys are dropped."""
    if not isinstance(raw, dict):
        return {}, [FieldError(path, "type", f"Property .{path} must be object", raw)]
    gift = {name: raw[name] for name in ("amount", "effect") if raw.get(name) is not None}
    if "amount" not in gift:
        sentence = f"Property .{path} must have required property 'amount'"
        return {}, [FieldError(f"{path}.amount", "required", sentence)]
    amount = gift["amount"] = _whole(gift["amount"])
    errors = _choice_errors(gift, path, "effect", GIFT_EFFECTS)
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 <= amount <= MOST_AMOUNT:
        sentence = f"Property .{path}.amount must be integer from 0 to {MOST_AMOUNT}"
        errors.append(FieldError(f"{path}.amount", "range", sentence, amount))
    return gift, errors


def _amount_errors(value: Any, path: str, name: str) -> list[FieldError]:
    if _is_number(value) and 0 <= value <= MOST_AMOUNT:
        return []
    sentence = f"Property .{path}.{name} must be number from 0 to {MOST_AMOUNT}"
    return [FieldError(f"{path}.{name}", "range", sentence, value)]


def _choice_errors(offer: Mapping[str, Any], path: str, name: str, allowed: tuple[str, ...]) -> list[FieldError]:
    value = offer.get(name)
    if value is None or value in allowed:
        return []
    sentence = f"Property .{path}.{name} must be one of {', '.join(allowed)}"
    return [FieldError(f"{path}.{name}", "choice", sentence, value)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 1_000


def _whole(value: Any) -> Any:
    """1000.0 is a whole number in JSON; anything else stays what it is."""
    is_whole = isinstance(value, Decimal) and abs(value) <= MOST_AMOUNT and value == value.to_integral_value()
    return int(value) if is_whole else value
