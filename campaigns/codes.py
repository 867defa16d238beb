"""Making codes that nobody has: patterns, the project's case rule, and enough tries."""

import os
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from random import SystemRandom
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
# A pattern that makes no more codes than this is guessed at a few times and then gone through.
MOST_ENUMERATED = 250_000
ROUNDS_OF_FEW = 3
KEYS_AT_ONCE = 5_000
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
    form, width = _form(config)
    drawn = _drawn(config.get("charset") or DEFAULT_CHARSET, width * count)
    if not width:
        return [form % ()]  # there is but one
    return [form % tuple(drawn[start : start + width]) for start in range(0, width * count, width)]


def _form(config: Mapping[str, Any]) -> tuple[str, int]:
    """The configuration as a format of so many characters."""
    pieces = [config.get("prefix", ""), *_pattern(config).split(PLACEHOLDER), config.get("postfix", "")]
    first, *inner, last = (piece.replace("%", "%%") for piece in pieces)
    return first + "%s".join(inner) + last, len(inner) - 1


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
    return int(len(_different(project, config)) ** _form(config)[1])


def _different(project: Project, config: Mapping[str, Any]) -> Sequence[str]:
    """The characters of the charset that the project takes for different ones."""
    charset = config.get("charset") or DEFAULT_CHARSET
    return list({code_key(project, character): character for character in charset}.values())


def _guesses(campaign: Campaign, missing: int) -> Iterator[list[str]]:
    """Codes to try, as many as are missing at first, until enough of them were free.

    Where the configuration makes so few codes that most may be taken, the last are those that are free.
    """
    project, config = campaign.project, campaign.code_config
    is_small = possible_codes(project, config) <= MOST_ENUMERATED
    for _ in range(ROUNDS_OF_FEW if is_small else MOST_ROUNDS):
        yield random_codes(config, missing)
    if is_small:
        yield _free_codes(project, config)


def _free_codes(project: Project, config: Mapping[str, Any]) -> list[str]:
    """Every code that the configuration makes and nobody has, in any order."""
    form, width = _form(config)
    every = {
        code_key(project, code): code for code in map(form.__mod__, product(_different(project, config), repeat=width))
    }
    keys = list(every)
    for start in range(0, len(keys), KEYS_AT_ONCE):
        held = Voucher.objects.filter(
            project=project, deleted_at=None, code_key__in=keys[start : start + KEYS_AT_ONCE]
        )
        for key in held.values_list("code_key", flat=True):
            del every[key]
    free = list(every.values())
    SystemRandom().shuffle(free)
    return free


def make_vouchers(campaign: Campaign, count: int, change: VoucherChange = NO_CHANGE) -> list[Voucher]:
    """Up to `count` new vouchers of the campaign with random codes, stored; fewer where the pattern is used up."""
    made: list[Voucher] = []
    for guesses in _guesses(campaign, count):
        missing = count - len(made)
        if missing <= 0:
            break
        by_key = _by_key(campaign.project, guesses[:missing])
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
    for guesses in _guesses(campaign, count):
        if made >= count:
            break
        by_key = _by_key(campaign.project, guesses[: count - made])
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
