"""Whatever is defined and whatever is sent: validation answers, and answers what a plain reading would."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from common.refusals import MetadataInvalid
from eventschema.validation import validate_metadata
from tests.common.test_strict_json import TEXTS, VALUES
from tests.eventschema.schemas import a_schema

NAMES = st.sampled_from(["a", "b", "c", "d"])
SIMPLE = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: type(value) in (int, Decimal),
    "boolean": lambda value: value is True or value is False,
    "object": lambda value: isinstance(value, dict),
}
TYPES = ["string", "number", "boolean", "object", "date", "datetime", "image_url", "geopoint"]
DEFINITIONS = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES), "optional": st.booleans(), "array": st.booleans(), "deleted": st.booleans()}
)
METADATA = st.dictionaries(NAMES | TEXTS, VALUES, max_size=5)


def fits(definition, value):
    """The plain reading of a definition of a simple type."""
    if value is None:
        return definition["optional"]
    if definition["array"]:
        return isinstance(value, list) and all(SIMPLE[definition["type"]](element) for element in value)
    return SIMPLE[definition["type"]](value)


@given(st.dictionaries(NAMES, DEFINITIONS), st.sampled_from(["keep", "strip", "reject"]), METADATA)
def test_validation_never_raises_and_every_error_can_be_told(definitions, unknown, metadata):
    clean, errors = validate_metadata(a_schema(definitions, unknown=unknown), metadata)

    assert {name: metadata[name] for name in clean} == clean or errors != []
    assert [error.as_json()["path"].startswith("metadata.") for error in errors] == [True] * len(errors)
    assert len(MetadataInvalid.of(errors).errors) == len(errors)


@given(
    st.dictionaries(
        NAMES,
        st.fixed_dictionaries(
            {"type": st.sampled_from(sorted(SIMPLE)), "optional": st.booleans(), "array": st.booleans()}
        ),
    ),
    st.dictionaries(NAMES, VALUES),
)
def test_validation_accepts_exactly_what_fits(definitions, metadata):
    wrong = {name for name, definition in definitions.items() if not fits(definition, metadata.get(name))}

    clean, errors = validate_metadata(a_schema(definitions), metadata)

    assert {error.path.removeprefix("metadata.")[0] for error in errors} == wrong
    assert wrong or clean == metadata


@given(
    st.integers(-5, 5),
    st.integers(-5, 5),
    st.decimals(-6, 6, places=2) | st.integers(-6, 6),
)
def test_bounds_hold_for_every_number(low, high, value):
    within = a_schema({"a": {"type": "number", "gte": min(low, high), "lte": max(low, high)}})
    strictly = a_schema({"a": {"type": "number", "gt": min(low, high) - 1, "lt": max(low, high) + 1}})

    assert (validate_metadata(within, {"a": value})[1] == []) is (min(low, high) <= value <= max(low, high))
    assert (validate_metadata(strictly, {"a": value})[1] == []) is (min(low, high) - 1 < value < max(low, high) + 1)


@given(st.integers(0, 6), st.integers(0, 6), st.text(max_size=8))
def test_lengths_hold_for_every_text(low, high, text):
    schema = a_schema({"a": {"type": "string", "min_length": min(low, high), "max_length": max(low, high)}})

    assert (validate_metadata(schema, {"a": text})[1] == []) is (min(low, high) <= len(text) <= max(low, high))
