"""From validation rules as they are sent to a tree, every mistake named. The grammar is the contract's (i)."""

from collections.abc import Collection
from uuid import UUID

from common.ids import parse_public_id
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError, InvalidPayload
from rules.facts import CUSTOMER_FIELDS
from rules.logic import BadLogic, Joined, Logic, parse_logic
from rules.logic import One as Named
from rules.operators import MOST_VALUES, parse_conditions
from rules.tree import CUSTOMER_METADATA, CUSTOMER_SEGMENT, EVENT_METADATA, One, SegmentTest, Tree, kind_of

MOST_RULES = 50
MOST_DEPTH = 5
LONGEST_PROPERTY = 100
LONGEST_MESSAGE = 1_000
# As rules spell what segments spell otherwise (contract i, g.3).
SPELLED = {"$more_than_or_equal": "$more_than_equal", "$less_than_or_equal": "$less_than_equal"}
# As one page of the original's documentation has them.
OTHER_NAMES = {"custom_event_metadata": EVENT_METADATA, "customer_metadata": CUSTOMER_METADATA}
WITH_PROPERTY = (EVENT_METADATA, CUSTOMER_METADATA)
SEGMENT_OPERATORS = ("$is", "$in", "$is_not", "$not_in")
NAMES = (*WITH_PROPERTY, CUSTOMER_SEGMENT, *(f"customer.{column}" for column in CUSTOMER_FIELDS))
_PARTS = ("name", "property", "conditions", "rules", "error")


class InvalidRules(InvalidPayload):
    key = "invalid_validation_rules"
    message = "Invalid Validation Rule Definition"


def parse_tree(raw: JsonValue, segments: Collection[UUID], path: str = "rules") -> tuple[Tree, list[FieldError]]:
    """The tree of `{"1": {…}, …, "logic": "1 AND 2"}`, and an error for everything that is wrong with it.

    `segments` are the keys of those that can be asked for. Runs no statement.
    """
    parser = _Parser(segments)
    return parser.tree(raw, path, MOST_DEPTH), parser.errors


def compile_tree(stored: JsonObject) -> Tree:
    """Rules that were checked when they were stored; a segment that is gone since, nobody is in."""
    return _Parser(None).tree(stored, "rules", MOST_DEPTH)


class _Parser:
    def __init__(self, segments: Collection[UUID] | None) -> None:
        self.segments = segments
        self.count = 0
        self.errors: list[FieldError] = []

    def tree(self, raw: JsonValue, path: str, depth: int) -> Tree:
        if not isinstance(raw, dict):
            self._complain(path, f"Property .{path} must be object", raw)
            return Tree()
        keys = [key for key in raw if key != "logic"]
        if depth == 0 and keys:
            self._complain(path, f"Property .{path} lies more than {MOST_DEPTH} rules deep")
            return Tree()
        self.count += len(keys)
        if self.count > MOST_RULES:
            self._complain(path, f"Property .{path} must NOT have more than {MOST_RULES} rules in all")
            return Tree()
        rules = {key: self._rule(raw[key], f"{path}.{key}", depth) for key in keys}
        return Tree(rules, self._logic(raw.get("logic"), keys, path))

    def _logic(self, raw: JsonValue, keys: Collection[str], path: str) -> Logic:
        everything = Joined(tuple(Named(key) for key in keys))
        if raw is None or raw == "":
            return everything
        where = f"{path}.logic"
        if not isinstance(raw, str):
            self._complain(where, f"Property .{where} must be string", raw)
            return everything
        try:
            logic = parse_logic(raw)
        except BadLogic as bad:
            self._complain(where, f"Property .{where} {bad}", raw)
            return everything
        named = set(logic.names())
        for name in sorted(named.difference(keys)):
            self._complain(where, f"Property .{where} names '{name}', which is no rule", raw)
        for key in sorted(set(keys) - named):
            self._complain(where, f"Property .{where} does not name rule '{key}', which would never be judged", raw)
        return everything if named != set(keys) else logic

    def _rule(self, raw: JsonValue, path: str, depth: int) -> One:
        if not isinstance(raw, dict):
            self._complain(path, f"Property .{path} must be object", raw)
            return One("")
        for part in raw:
            if part not in _PARTS:
                self._complain(f"{path}.{part}", f"Property .{path}.{part} is not known")
        self._message(raw.get("error"), f"{path}.error")
        inner = self._inner(raw.get("rules"), f"{path}.rules", depth)
        name = self._name(raw.get("name"), f"{path}.name")
        if name is None:
            return One("")
        key = self._property(name, raw.get("property"), f"{path}.property")
        conditions = raw.get("conditions")
        where = f"{path}.conditions"
        if conditions in (None, {}) and inner is not None:
            return One(name, key, inner=inner)
        if name == CUSTOMER_SEGMENT:
            return One(name, segments=self._segment_tests(conditions, where), inner=inner)
        kind = kind_of(name)
        assert kind is not None
        parsed, errors = parse_conditions(conditions, kind, where, SPELLED)
        self.errors += errors
        return One(name, key, parsed, inner=inner)

    def _inner(self, raw: JsonValue, path: str, depth: int) -> Tree | None:
        return None if raw is None or raw == {} else self.tree(raw, path, depth - 1)

    def _name(self, raw: JsonValue, path: str) -> str | None:
        if not isinstance(raw, str):
            self._complain(path, f"Property .{path} must be string", raw)
            return None
        name = OTHER_NAMES.get(raw, raw)
        if name not in NAMES:
            self._complain(path, f"Rule '{raw[:64]}' is not known: Boon knows {', '.join(NAMES)}", raw)
            return None
        return name

    def _property(self, name: str, raw: JsonValue, path: str) -> str:
        if name not in WITH_PROPERTY:
            if raw not in (None, ""):
                self._complain(path, f"Rule '{name}' has no 'property'", raw)
            return ""
        if raw is None or raw == "":
            self._complain(path, f"Rule '{name}' must have a 'property'", raw)
            return ""
        if not isinstance(raw, str) or len(raw) > LONGEST_PROPERTY:
            words = f"must be string of at most {LONGEST_PROPERTY} characters"
            self._complain(path, f"Property .{path} {words}", raw)
            return ""
        return raw

    def _message(self, raw: JsonValue, path: str) -> None:
        if raw is None:
            return
        message = raw.get("message") if isinstance(raw, dict) else raw
        if not isinstance(raw, dict) or not (message is None or isinstance(message, str)):
            self._complain(path, f"Property .{path} must be an object with a message", raw)
        elif message and len(message) > LONGEST_MESSAGE:
            words = f"must NOT have more than {LONGEST_MESSAGE} characters"
            self._complain(f"{path}.message", f"Property .{path}.message {words}", message)

    def _segment_tests(self, raw: JsonValue, path: str) -> tuple[SegmentTest, ...]:
        if not isinstance(raw, dict) or not raw:
            self._complain(path, f"Property .{path} must be an object with at least one operator", raw)
            return ()
        tests: list[SegmentTest] = []
        for operator, operand in raw.items():
            where = f"{path}.{operator}"
            if operator not in SEGMENT_OPERATORS:
                words = f"is not an operator of this field, which has {', '.join(SEGMENT_OPERATORS)}"
                self._complain(where, f"Property .{where} {words}", operand)
                continue
            tests.append(SegmentTest(self._segments(operand, where), operator in ("$is_not", "$not_in")))
        return tuple(tests)

    def _segments(self, operand: JsonValue, path: str) -> frozenset[UUID]:
        values = operand if isinstance(operand, list) else [operand]
        if not 1 <= len(values) <= MOST_VALUES:
            self._complain(path, f"Property .{path} must have from 1 to {MOST_VALUES} values")
            return frozenset()
        keys: set[UUID] = set()
        for value in values:
            key = parse_public_id("seg", value)
            if key is None or (self.segments is not None and key not in self.segments):
                words = f": cannot find segment with id {value[:64]}" if isinstance(value, str) else " must be string"
                self._complain(path, f"Property .{path}{words}", value)
            else:
                keys.add(key)
        return frozenset(keys)

    def _complain(self, path: str, sentence: str, actual: JsonValue = None) -> None:
        self.errors.append(FieldError(path, "invalid", sentence, actual))
