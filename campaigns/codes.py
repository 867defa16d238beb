"""Making codes that nobody has: patterns, the project's case rule, and enough tries."""

import os
import string
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from campaigns.models import Campaign, Voucher
from campaigns.voucher_fields import VoucherChange
from common.alike import InsertAlike
from common.ids import uuid7
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError
from common.writing import insert_new
from projects.models import Project

DEFAULT_LENGTH = 8
DEFAULT_CHARSET = string.ascii_letters + string.digits
PLACEHOLDER = "#"
LONGEST_CODE = 255
# Rounds of guessing before a pattern counts as used up; each round asks for all that is still missing.
MOST_ROUNDS = 12
NO_CHANGE = VoucherChange()

_insert_alike = InsertAlike(Voucher, ["id", "code", "code_key"])


def code_key(project: Project, code: str) -> str:
    """What a code is compared by: itself, or folded where the project ignores case."""
    return code if project.case_sensitive_codes else code.casefold()


def parse_code_config(raw: JsonValue, path: str) -> tuple[JsonObject, list[FieldError]]:
    """`length`, `charset`, `prefix`, `postfix`, `pattern` (contract e.2); nulls and unknown keys are dropped."""
    if raw is None:
        return {}, []
    if not isinstance(raw, dict):
        return {}, [FieldError(path, "type", f"Property .{path} must be object", raw)]
    config = {name: raw[name] for name in ("charset", "prefix", "postfix", "pattern") if raw.get(name) is not None}
    errors = [
        FieldError(f"{path}.{name}", "type", f"Property .{path}.{name} must be string of 1 to 100 characters", value)
        for name, value in config.items()
        if not isinstance(value, str) or not 1 <= len(value) <= 100
    ]
    length = raw.get("length")
    if length is not None:
        config["length"] = length
        if not isinstance(length, int) or isinstance(length, bool) or not 1 <= length <= 100:
            errors.append(
                FieldError(f"{path}.length", "range", f"Property .{path}.length must be integer from 1 to 100", length)
            )
    if not errors and len(random_code(config)) > LONGEST_CODE:
        errors.append(
            FieldError(path, "length", f"Property .{path} makes codes of more than {LONGEST_CODE} characters", raw)
        )
    return config, errors


def random_code(config: Mapping[str, Any]) -> str:
    """One guess by the campaign's configuration. A pattern overrides the length; `#` stands for a random character."""
    return random_codes(config, 1)[0]


def random_codes(config: Mapping[str, Any], count: int) -> list[str]:
    """So many guesses; every character is equally likely, and none can be foretold from the others."""
    charset = config.get("charset") or DEFAULT_CHARSET
    pieces = _pattern(config).split(PLACEHOLDER)
    width = len(pieces) - 1
    form = "%s".join(piece.replace("%", "%%") for piece in pieces)
    form = f"{config.get('prefix', '').replace('%', '%%')}{form}{config.get('postfix', '').replace('%', '%%')}"
    drawn = _drawn(charset, width * count)
    return [form % tuple(drawn[start : start + width]) for start in range(0, width * count, width or 1)] or [form % ()]


def _pattern(config: Mapping[str, Any]) -> str:
    return config.get("pattern") or PLACEHOLDER * int(config.get("length") or DEFAULT_LENGTH)


def _drawn(charset: str, count: int) -> str:
    """Random characters. Bytes beyond the last full multiple of the charset's length would favour its beginning."""
    size = len(charset)
    fair = bytes(range(256 - 256 % size, 256))
    letters = [charset[byte % size] for byte in range(256)]
    drawn = bytearray()
    while len(drawn) < count:
        drawn += os.urandom(count - len(drawn)).translate(None, fair)
    return drawn[:count].decode("latin-1").translate(dict(enumerate(letters)))


def possible_codes(project: Project, config: Mapping[str, Any]) -> int:
    """How many codes the configuration can make at most, all of which may be taken."""
    charset = config.get("charset") or DEFAULT_CHARSET
    different = {code_key(project, character) for character in charset}
    return int(len(different) ** _pattern(config).count(PLACEHOLDER))


def make_vouchers(campaign: Campaign, count: int, change: VoucherChange = NO_CHANGE) -> list[Voucher]:
    """Up to `count` new vouchers of the campaign with random codes, stored; fewer where the pattern is used up."""
    made: list[Voucher] = []
    for _ in range(MOST_ROUNDS):
        missing = count - len(made)
        if missing <= 0:
            break
        by_key = _by_key(campaign.project, random_codes(campaign.code_config, missing))
        rows = [new_voucher(campaign.project, campaign, by_key[key], key, change) for key in sorted(by_key)]
        made += insert_new(Voucher, rows)
    return made


def insert_vouchers(campaign: Campaign, codes: Iterable[str]) -> list[Voucher]:
    """Stores a voucher for every code that is free in the project, and returns exactly those."""
    by_key = _by_key(campaign.project, codes)
    return insert_new(Voucher, [new_voucher(campaign.project, campaign, by_key[key], key) for key in sorted(by_key)])


def make_many(campaign: Campaign, count: int, change: VoucherChange = NO_CHANGE, *, now: datetime) -> int:
    """`make_vouchers` for thousands, of which only the number is answered."""
    alike = new_voucher(campaign.project, campaign, "", "", change)
    alike.created_at = now
    made = 0
    for _ in range(MOST_ROUNDS):
        if made >= count:
            break
        by_key = _by_key(campaign.project, random_codes(campaign.code_config, count - made))
        made += _insert_alike(alike, [{"id": uuid7(), "code": by_key[key], "code_key": key} for key in sorted(by_key)])
    return made


def _by_key(project: Project, codes: Iterable[str]) -> dict[str, str]:
    return {code_key(project, code): code for code in codes}


def new_voucher(
    project: Project, campaign: Campaign | None, code: str, key: str, change: VoucherChange = NO_CHANGE
) -> Voucher:
    """A voucher as the campaign's template says, or as `change` does, not stored."""
    template = campaign.voucher_template if campaign else {}
    columns = {
        "type": template.get("type"),
        "discount": template.get("discount"),
        "gift": template.get("gift"),
        "is_referral_code": campaign is not None and campaign.gives_referral_codes,
    }
    return Voucher(project=project, campaign=campaign, code=code, code_key=key, **columns | dict(change.columns))


def find_by_codes(project: Project, codes: Sequence[str]) -> dict[str, Voucher]:
    """The vouchers with those codes, by the code as asked for (one statement; none for no codes)."""
    keys = {code: code_key(project, code) for code in codes}
    if not keys:
        return {}
    rows = Voucher.objects.filter(project=project, deleted_at=None, code_key__in=set(keys.values()))
    found = rows.select_related("holder")
    by_key = {voucher.code_key: voucher for voucher in found}
    return {code: by_key[key] for code, key in keys.items() if key in by_key}
