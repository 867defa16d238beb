"""Whatever is sent as a filter is refused by its paths, or works; nothing else happens."""

import os
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Customer
from rules.operators import OPERATORS
from segments.facts import load_facts
from segments.filters import parse_filter
from segments.wording import in_words
from tests.segments.drawn import NOW
from tests.segments.test_agreement import BERLIN_CLOCK
from tests.world import a_definition, accept, an_event

NAMES = st.one_of(
    st.sampled_from(
        [
            *("junction", "name", "created_at", "birthdate", "metadata.", "metadata.a", "address.city", "address."),
            *("events.paid.count", "events.paid.last_at", "events..count", "events.paid", "referrals.total"),
            *("loyalty_points.campaigns..points", "loyalty_points.campaigns.Club.points", "conditions", "where"),
            *("within_days", "or", "$is"),
        ]
    ),
    st.text(max_size=5),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.sampled_from(
        [Decimal("1e400"), Decimal("-0.5"), Decimal("1e-400"), "0001-01-01", "9999-12-31T23:59:59.999999Z"]
    ),
    st.sampled_from(["", "and", "x", "1e5", "٣", "2026-02-30", "2026-10-25T02:30:00+0200", "😀", "' OR 1=1 --", "%s"]),
)
OPERANDS = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.just({"a": 1}))
OPERATOR_NAMES = sorted({name for names in OPERATORS.values() for name in names})
CONDITIONS = st.dictionaries(st.one_of(st.sampled_from(OPERATOR_NAMES), NAMES), OPERANDS, max_size=3)
FIELDS = st.one_of(
    OPERANDS,
    st.fixed_dictionaries({"conditions": CONDITIONS}),
    st.fixed_dictionaries(
        {
            "conditions": CONDITIONS,
            "within_days": SCALARS,
            "where": st.one_of(
                SCALARS, st.dictionaries(NAMES, st.fixed_dictionaries({"conditions": CONDITIONS}), max_size=2)
            ),
        }
    ),
)
EXAMPLES = 5_000 if os.environ.get("SOAK") else 150


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.one_of(OPERANDS, st.dictionaries(NAMES, FIELDS, max_size=3)))
def test_a_filter_is_refused_with_paths_or_works(project, raw):
    if not Customer.objects.exists():
        a_definition(project, "paid")
        accept(project, an_event("paid", by="ben"), now=NOW)
        project.refresh_from_db()

    found, errors = parse_filter(project, raw)

    assert all(error.path.startswith("filter") and error.message for error in errors)
    if not errors:
        [ben] = load_facts(project, Customer.objects.values_list("pk", flat=True), found.needs(BERLIN_CLOCK))
        assert found.holds(ben, BERLIN_CLOCK) is found.customers(BERLIN_CLOCK).exists()
        found.changes_at(ben, BERLIN_CLOCK)
        assert list(in_words(raw)) != []
