"""The `filters` of lists (contract a.5): which rows each condition leaves, the same on both databases."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from api.filters import (
    ChoiceFilter,
    FlagFilter,
    IdFilter,
    Malformed,
    MetadataFilter,
    MomentFilter,
    NumberFilter,
    OwnFilter,
    TextFilter,
    filtered,
)
from api.pagination import Query, page_of, slice_of, total_of
from common.refusals import InvalidQuery, Refusal
from customers.models import Customer
from events.models import StoredEffect
from tests.factories import CustomerFactory


def with_initial(operator: str, values: Sequence[str]) -> Q:
    if operator != "$initial" or values[0] != values[0].upper():
        raise Malformed("must be $initial, a capital")
    return Q(name__startswith=values[0])


FILTERS = {
    "id": IdFilter("pk", "cust"),
    "name": TextFilter("name"),
    "phone": TextFilter("phone", read=lambda text: text.replace(" ", "")),
    "email": ChoiceFilter("email", ["a@x.io", "b@x.io"]),
    "created_at": MomentFilter("created_at"),
    "updated_at": MomentFilter("updated_at"),
    "metadata": MetadataFilter("metadata"),
    "initial": OwnFilter(with_initial),
}


def query(*pairs: tuple[str, str]) -> Query:
    return Query(Request(APIRequestFactory().get(f"/?{urlencode(pairs)}")))


def condition(field: str, operator: str, *values: str) -> list[tuple[str, str]]:
    name = f"filters[{field}][conditions][{operator}]"
    return [(name, values[0])] if len(values) == 1 else [(f"{name}[{n}]", value) for n, value in enumerate(values)]


@pytest.fixture
def people(project):
    """Ada, Adam and Zoë; and one of whom nothing is known."""
    now = timezone.now()
    facts = [
        ("ada", "Ada", "a@x.io", "12", 20, {"n": 5, "t": "5", "tags": ["a", "b"], "on": True, "when": "2026-05-05"}),
        ("adam", "Adam", "b@x.io", "13", 10, {"n": Decimal("5.5"), "t": "50% off_", "tags": ["a"], "on": False}),
        ("zoë", "Zoë", None, None, 5, {"n": -1, "t": "ünder", "tags": [], "when": "2026-05-05T23:30:00-01:00"}),
        ("nobody", None, None, None, 0, {"n": None, "when": "2026-02-30", '7"': "seven", "0": "zero"}),
    ]
    for source_id, name, email, phone, days, metadata in facts:
        CustomerFactory(
            project=project,
            source_id=source_id,
            name=name,
            email=email,
            phone=phone,
            metadata=metadata,
            created_at=now - timedelta(days=days, minutes=5),
            updated_at=now if name == "Ada" else None,
        )
    return Customer.objects.filter(project=project)


ALL = ["ada", "adam", "nobody", "zoë"]


@pytest.mark.parametrize(
    ("field", "operator", "values", "left"),
    [
        ("name", "$is", ["Ada"], ["ada"]),
        ("name", "$is", ["ada"], []),
        ("name", "$is_not", ["Ada"], ["adam", "nobody", "zoë"]),
        ("name", "$in", ["Ada", "Zoë"], ["ada", "zoë"]),
        ("name", "$in", ["Ada"], ["ada"]),
        ("name", "$in", ["['Ada', \"Zoë\"]"], ["ada", "zoë"]),
        ("name", "$in", ["['\\x00']"], []),
        ("name", "$not_in", ["Ada", "Zoë"], ["adam", "nobody"]),
        ("name", "$has_value", [""], ["ada", "adam", "zoë"]),
        ("name", "$is_unknown", [""], ["nobody"]),
        ("name", "$contains", ["da"], ["ada", "adam"]),
        ("name", "$contains", ["DA"], []),
        ("name", "$contains", ["ë"], ["zoë"]),
        ("name", "$contains", ["%"], []),
        ("name", "$not_contain", ["da"], ["nobody", "zoë"]),
        ("name", "$starts_with", ["Ad"], ["ada", "adam"]),
        ("name", "$ends_with", ["da"], ["ada"]),
        ("name", "$ends_with", ["Ada and Adam"], []),
        ("phone", "$is", ["1 2"], ["ada"]),
        ("phone", "$starts_with", ["1 "], ["ada", "adam"]),
        ("email", "$in", ["a@x.io"], ["ada"]),
        ("email", "$not_in", ["a@x.io"], ["adam", "nobody", "zoë"]),
        ("id", "$is", ["cust_nobody"], []),
        ("id", "$is_not", ["cust_nobody"], ALL),
        ("created_at", "$more_than", ["10"], ["ada", "adam"]),
        ("created_at", "$less_than", ["10"], ["nobody", "zoë"]),
        ("created_at", "$after", ["2026-01-01"], ALL),
        ("created_at", "$before", ["2026-01-01T00:00:00.000000+0000"], []),
        ("updated_at", "$is_unknown", [""], ["adam", "nobody", "zoë"]),
        ("updated_at", "$has_value", [""], ["ada"]),
        ("metadata.n", "$is", ["5"], ["ada"]),
        ("metadata.n", "$is", ["5.0"], ["ada"]),
        ("metadata.n", "$in", ["5.5", "-1"], ["adam", "zoë"]),
        ("metadata.n", "$is_not", ["5"], ["adam", "nobody", "zoë"]),
        ("metadata.n", "$more_than", ["5"], ["adam"]),
        ("metadata.n", "$more_than_equal", ["5"], ["ada", "adam"]),
        ("metadata.n", "$less_than", ["5"], ["zoë"]),
        ("metadata.n", "$less_than_or_equal", ["5"], ["ada", "zoë"]),
        ("metadata.n", "$is_unknown", [""], ["nobody"]),
        ("metadata.n", "$has_value", [""], ["ada", "adam", "zoë"]),
        ("metadata.t", "$is", ["5"], ["ada"]),
        ("metadata.t", "$contains", ["%"], ["adam"]),
        ("metadata.t", "$not_contain", ["5"], ["nobody", "zoë"]),
        ("metadata.t", "$starts_with", ["ün"], ["zoë"]),
        ("metadata.t", "$ends_with", ["_"], ["adam"]),
        ("metadata.t", "$more_than", ["1"], []),
        ("metadata.t", "$not_in", ["5", "ünder"], ["adam", "nobody"]),
        ("metadata.tags", "$count", ["2"], ["ada"]),
        ("metadata.tags", "$count_more", ["0"], ["ada", "adam"]),
        ("metadata.tags", "$count_less", ["1"], ["zoë"]),
        ("metadata.tags", "$contains", ["b"], ["ada"]),
        ("metadata.on", "$is", ["true"], ["ada"]),
        ("metadata.on", "$is_not", ["true"], ["adam", "nobody", "zoë"]),
        ("metadata.when", "$after", ["2026-05-04T12:00:00Z"], ["ada", "zoë"]),
        ("metadata.when", "$after", ["2026-05-06"], ["zoë"]),
        ("metadata.when", "$before", ["2026-05-06"], ["ada"]),
        ('metadata.7"', "$is", ["seven"], ["nobody"]),
        ("metadata.0", "$is", ["zero"], ["nobody"]),
        ("metadata.a__gt", "$has_value", [""], []),
        ("initial", "$initial", ["Z"], ["zoë"]),
    ],
)
def test_a_condition_leaves_the_rows_that_it_describes(people, field, operator, values, left):
    asked = query(*condition(field, operator, *values))

    assert (sorted(filtered(people, asked, FILTERS).values_list("source_id", flat=True)), asked.errors) == (left, [])


def test_numbers_and_flags_are_columns_too(project):
    ben = CustomerFactory(project=project)
    times = {"created_at": timezone.now(), "customer": ben, "project": project, "cause_id": ben.pk}
    StoredEffect.objects.bulk_create(StoredEffect(seq=seq, kind=f"k{seq}", **times) for seq in range(4))
    filters = {"seq": NumberFilter("seq"), "known": FlagFilter("customer__deleted_at__isnull")}

    def left(*pairs):
        return sorted(filtered(StoredEffect.objects, query(*pairs), filters).values_list("seq", flat=True))

    assert left(*condition("seq", "$in", "1", "3")) == [1, 3]
    assert left(*condition("seq", "$more_than", "1")) == [2, 3]
    assert left(*condition("seq", "$less_than_equal", "1")) == [0, 1]
    assert left(*condition("seq", "$is_not", "-999999999999999999")) == [0, 1, 2, 3]


def test_fields_are_joined_as_the_junction_says_and_the_conditions_of_one_hold_together(people):
    both = [*condition("name", "$is", "Ada"), *condition("metadata.t", "$is", "ünder")]
    narrow = [*condition("name", "$starts_with", "Ad"), *condition("name", "$ends_with", "m")]

    def left(*pairs):
        return sorted(filtered(people, query(*pairs), FILTERS).values_list("source_id", flat=True))

    assert left(*both) == []
    assert left(*both, ("filters[junction]", "AND")) == []
    assert left(*both, ("filters[junction]", "OR")) == ["ada", "zoë"]
    assert left(*both, *narrow, ("filters[junction]", "or")) == ["zoë"]
    assert left(*narrow) == ["adam"]
    assert left(("filters[name]", "None"), ("filters[phone][conditions][$is]", "None")) == ALL
    assert left(("filters[junction]", "or")) == ALL


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("filters[age][conditions][$is]", "1", "is not a filter of this list, which has id, name"),
        ("filters[name][conditions][$near]", "1", "is not an operator of this field: $near"),
        ("filters[name][conditions][$more_than]", "1", "is not an operator of this field: $more_than"),
        ("filters[name][conditions][$contains]", "", "must have a value"),
        ("filters[name][conditions]", "1", "must be filters[<field>][conditions][<operator>]"),
        ("filters", "1", "must be filters[<field>][conditions][<operator>]"),
        ("filters[junction]", "xor", "must be and or or"),
        ("filters[email][conditions][$is]", "c@x.io", "must be one of a@x.io, b@x.io"),
        ("filters[created_at][conditions][$after]", "never", "cannot be recognized as a ISO-8601 compliant date"),
        ("filters[created_at][conditions][$more_than]", "999999999", "must be a whole number of days"),
        ("filters[metadata][conditions][$is]", "1", "needs a key: metadata.<key>"),
        ("filters[metadata.n][conditions][$more_than]", "NaN", "must be number"),
        ("filters[metadata.n][conditions][$count]", "1.5", "must be integer"),
        ("filters[metadata.n][conditions][$near]", "1", "is not an operator of this field: $near"),
        ("filters[initial][conditions][$initial]", "z", "must be $initial, a capital"),
    ],
)
def test_what_is_no_condition_is_named(people, name, value, sentence):
    asked = query((name, value))

    filtered(people, asked, FILTERS)

    assert [error.path for error in asked.errors] == [name]
    assert sentence in asked.errors[0].message
    with pytest.raises(InvalidQuery):
        asked.done()


def test_one_value_means_one_and_there_are_not_too_many(people):
    for pairs in (
        condition("name", "$is", "a", "b"),
        condition("name", "$in", *(str(n) for n in range(101))),
        [pair for n in range(41) for pair in condition(f"metadata.k{n}", "$is", "1")],
    ):
        asked = query(*pairs)
        filtered(people, asked, FILTERS)
        assert len(asked.errors) == 1


WORDS = st.sampled_from(
    r"""0 -1 1e5 11111111111111111111 999999999999999999999999999999999999999 NaN 2026-02-29 0000-01-01 None null % _
    9999-12-31T23:59:59-12:00 true [' [[[[ ['a',1] ['a'] \ ' " $.a \u200b 😀""".split()  # noqa: SIM905
)
FIELDS = st.sampled_from([*FILTERS, "metadata.n", "metadata.when", "metadata.", 'metadata.a"]', "metadata.[0]", "x"])
OPERATORS = st.sampled_from(
    """$in $not_in $is $is_not $has_value $is_unknown $contains $not_contain $starts_with $ends_with $more_than
    $less_than $more_than_equal $less_than_equal $after $before $count $count_less $count_more $x""".split()  # noqa: SIM905
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(FIELDS, OPERATORS, WORDS | st.text(st.characters(codec="utf-8", exclude_characters="\0"))),
        max_size=4,
    )
)
@example([("metadata.when", "$after", "0001-01-01")])
@example([("metadata.n", "$more_than", "-" + "9" * 20)])
def test_no_query_breaks_a_list(people, conditions):
    asked = query(*(pair for field, operator, word in conditions for pair in condition(field, operator, word)))

    rows = list(filtered(people, asked, FILTERS))

    assert len(rows) <= 4 and all(error.message.startswith("Property .filters") for error in asked.errors)


def test_a_stored_text_that_is_no_date_is_neither_before_nor_after(project):
    for text in """2026-02-30 2025-02-29 1900-02-29 2026-04-31 2026-13-01 0000-01-01 2026-01-01T25:00:00Z now 20260101
    2026-01-01T10:00:00+99:00 2026-01-01_10:00 infinity epoch""".split():  # noqa: SIM905
        CustomerFactory(project=project, metadata={"when": text})
    bounds = [condition("metadata.when", "$after", "0001-01-02"), condition("metadata.when", "$before", "9999-12-31")]

    assert [[*filtered(Customer.objects, query(*pairs), FILTERS)] for pairs in bounds] == [[], []]


def test_totals_are_exact_where_they_are_small_and_kept_for_a_while_where_they_are_not(people, project):
    assert (total_of(people, exact_to=4), total_of(people, exact_to=3)) == (4, 4)

    CustomerFactory(project=project)

    assert (total_of(people, exact_to=5), total_of(people, exact_to=3)) == (5, 4)
    assert total_of(people.filter(name=None), exact_to=1) == 2


def test_a_late_page_holds_the_rows_that_follow_the_earlier_ones(people, django_assert_num_queries):
    ordered = people.order_by("-created_at", "-pk")

    with django_assert_num_queries(2):
        second = page_of(ordered, query(("limit", "3"), ("page", "2")))

    assert ([row.source_id for row in second.rows], second.total, second.has_more) == (["ada"], 4, False)


def test_only_publications_go_on_to_a_thousand_pages(people):
    assert page_of(people.order_by("pk"), query(("page", "1000")), highest_page=1_000).rows == []
    with pytest.raises(Refusal) as beyond:
        page_of(people.order_by("pk"), query(("page", "1001")), highest_page=1_000)
    assert (beyond.value.key, beyond.value.details) == ("page_over_limit", "Property .page cannot be higher than 1000")


def test_a_cursor_leads_in_both_directions(people):
    keys = sorted(people, key=lambda row: row.pk)

    def after(row, order):
        return slice_of(people, query(("starting_after_id", row.public_id), ("order", order)), "cust", orders=("id",))

    assert after(keys[1], "id") == (keys[2:], False)
    assert after(keys[2], "-id") == (keys[1::-1], False)
    assert slice_of(people, query(("limit", "1")), "cust", orders=("id",)) == ([keys[3]], True)


def test_a_list_of_values_is_read_however_it_is_written():
    for pairs in ([("ids", "a"), ("ids", "b")], [("ids[0]", "a"), ("ids[1]", "b")], [("ids", "['a', 'b']")]):
        assert query(*pairs).texts("ids") == ["a", "b"]
    assert query(("idsx", "a")).texts("ids") == []


@pytest.mark.parametrize("name", ["filters[name][$is]", "filters[name][conditions][$is]"])
def test_conditions_may_be_left_unsaid_as_the_python_sdk_does(project, name):
    for source_id, called in (("a", "Ada"), ("b", "Ben")):
        CustomerFactory(project=project, source_id=source_id, name=called)
    query = Query(Request(APIRequestFactory().get("/", {name: "Ben"})))

    found = filtered(Customer.objects.filter(project=project), query, FILTERS)

    assert (query.errors, [row.name for row in found]) == ([], ["Ben"])
