"""Making codes that nobody has: patterns, the project's case rule, and enough tries."""

import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from campaigns.models import Campaign, Voucher
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
    charset = config.get("charset") or DEFAULT_CHARSET
    pattern = config.get("pattern") or PLACEHOLDER * int(config.get("length") or DEFAULT_LENGTH)
    body = "".join(secrets.choice(charset) if character == PLACEHOLDER else character for character in pattern)
    return f"{config.get('prefix', '')}{body}{config.get('postfix', '')}"


def make_vouchers(campaign: Campaign, count: int) -> list[Voucher]:
    """Up to `count` new vouchers of the campaign with random codes, stored; fewer where the pattern is used up."""
    made: list[Voucher] = []
    for _ in range(MOST_ROUNDS):
        missing = count - len(made)
        if missing <= 0:
            break
        guesses = {random_code(campaign.code_config) for _ in range(missing)}
        made += insert_vouchers(campaign, guesses)
    return made


def insert_vouchers(campaign: Campaign, codes: Iterable[str]) -> list[Voucher]:
    """Stores a voucher for every code that is free in the project, and returns exactly those."""
    by_key = {code_key(campaign.project, code): code for code in codes}
    rows = [new_voucher(campaign, by_key[key], key) for key in sorted(by_key)]
    return insert_new(Voucher, rows)


def new_voucher(campaign: Campaign, code: str, key: str) -> Voucher:
    """A voucher as the campaign's template says, not stored."""
    template = campaign.voucher_template
    return Voucher(
        project=campaign.project,
        campaign=campaign,
        code=code,
        code_key=key,
        type=template["type"],
        is_referral_code=campaign.gives_referral_codes,
        discount=template.get("discount"),
    )


def find_by_codes(project: Project, codes: Sequence[str]) -> dict[str, Voucher]:
    """The vouchers with those codes, by the code as asked for (one statement; none for no codes)."""
    keys = {code: code_key(project, code) for code in codes}
    if not keys:
        return {}
    found = Voucher.objects.filter(project=project, code_key__in=set(keys.values())).select_related("holder")
    by_key = {voucher.code_key: voucher for voucher in found}
    return {code: by_key[key] for code, key in keys.items() if key in by_key}
