"""What each type of property takes. Nothing is ever converted."""

from decimal import Decimal

import pytest

from eventschema.property_types import PROPERTY_TYPES

TEXTS = ["", "a", " ", "ü😀", "null", "5", "true"]
NUMBERS = [0, 1, -1, 2**63 - 1, Decimal("0.5"), Decimal("-1e30"), Decimal("1.0")]
FLAGS = [True, False]
DATES = ["2022-12-01", "2024-02-29", "0001-01-01", "9999-12-31"]
MOMENTS = ["2020-03-11T09:00:00.000Z", "2020-03-11T09:00:00+02:00", "2020-03-11T09:00:00", "2020-03-11T09:00Z"]
IMAGES = [
    "https://cdn.example/a.png",
    "http://cdn.example/a.JPG",
    "https://cdn.example:8443/a/b.jpeg?size=2#top",
    "https://ü.example/ü.png",
]
POINTS = ["37.786971, -122.399677", "37.786971,-122.399677", "0, 0", "-90, 180", "90.0, -180.000"]
OBJECTS = [{}, {"a": 1}, {"a": {"b": []}}]
OTHERS = [None, [], ["a"], [1]]

ACCEPTED = {
    "string": [*TEXTS, *DATES, *MOMENTS, *IMAGES, *POINTS],
    "number": NUMBERS,
    "boolean": FLAGS,
    "date": DATES,
    "datetime": MOMENTS,
    "image_url": IMAGES,
    "geopoint": POINTS,
    "object": OBJECTS,
}
EVERYTHING = [*TEXTS, *NUMBERS, *FLAGS, *DATES, *MOMENTS, *IMAGES, *POINTS, *OBJECTS, *OTHERS]

LOOKALIKES = {
    "number": ["1", "1.0", "1e3", "NaN"],
    "boolean": ["true", "false", 0, 1, "yes"],
    "date": ["2022-12-1", "2022-02-30", "01.12.2022", "2022-12-01T00:00:00Z", "2022-12-01 ", "2022-W48-4", 20221201],
    "datetime": ["2020-03-11", "2020-03-11 09:00:00", "2020-03-11T25:00:00Z", "2020-02-30T09:00:00Z", 1_583_917_200],
    "image_url": [
        "a.png",
        "/a.png",
        "//cdn.example/a.png",
        "ftp://cdn.example/a.png",
        "javascript:alert(1)//a.png",
        "data:image/png;base64,AAAA",
        "https://cdn.example/a.gif",
        "https://cdn.example/a.png.exe",
        "https://cdn.example/a?file=b.png",
        "https://cdn.example/a png.png",
        "https:///a.png",
        "https://[::1/a.png",
        "https://cdn.example/a.png\n",
    ],
    "geopoint": [
        "90.1, 0",
        "-91, 0",
        "0, 180.5",
        "0",
        "0, 0, 0",
        "0;0",
        "a, b",
        "0,  0",
        " 0, 0",
        "0, 0\n",
        "1e1, 0",
        "NaN, 0",
        "٠, 0",
        [0, 0],
        {"lat": 0, "lon": 0},
    ],
    "object": ["{}", [{}]],
}


def test_every_type_has_a_table():
    assert ACCEPTED.keys() == PROPERTY_TYPES.keys()


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_type_takes_its_values_and_no_others(name):
    taken = [value for value in EVERYTHING if PROPERTY_TYPES[name].accepts(value)]

    assert [repr(value) for value in taken] == [
        repr(value) for value in EVERYTHING if any(repr(value) == repr(fit) for fit in ACCEPTED[name])
    ]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in LOOKALIKES.items() for value in values])
def test_a_type_refuses_what_merely_looks_like_it(name, value):
    assert PROPERTY_TYPES[name].accepts(value) is False


@pytest.mark.parametrize("name", ACCEPTED)
def test_types_are_told_by_name_and_phrase(name):
    kind = PROPERTY_TYPES[name]

    assert (kind.name, kind.phrase.startswith("must be a")) == (name, True)


def test_the_contracts_phrases_are_the_contracts():
    phrases = {name: PROPERTY_TYPES[name].phrase for name in ("string", "number", "image_url")}

    assert phrases == {
        "string": "must be a string",
        "number": "must be a number",
        "image_url": "must be a URL pointing to JPG/JPEG or PNG resource",
    }
