"""Templates: data in double braces, in JSON and in texts."""

from decimal import Decimal
from html import escape
from typing import Any

import pytest

from webhooks.templates import MOST_PLACES, ResultTooLong, render_json, render_text, template_errors

DATA = {
    "customer": {"name": "Ada", "metadata": {"age": 36, "height": Decimal("1.70"), "vip": True, "first name": "A."}},
    "orders": [{"id": "o1"}, {"id": "o2"}],
    "referral": None,
}


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("{{customer.metadata.age}}", 36),
        ("{{ customer.metadata.vip }}", True),
        ("{{customer.metadata.height}}", Decimal("1.70")),
        ("{{customer.metadata.first name}}", "A."),
        ("{{orders.1.id}}", "o2"),
        ("{{orders.2.id}}", None),
        ("{{orders}}", DATA["orders"]),
        ("{{referral.code}}", None),
        ("{{customer.name.upper}}", None),
        ("{{customer.__class__}}", None),
        ("Hello {{customer.name}}, {{customer.metadata.age}}!", "Hello Ada, 36!"),
        ("{{customer.name}}{{referral}}", "Ada"),
        ({"to": ["{{customer.name}}", 1, None]}, {"to": ["Ada", 1, None]}),
    ],
)
def test_a_place_alone_keeps_its_type_and_one_within_a_text_becomes_text(template: Any, rendered: Any) -> None:
    assert template_errors(template) == []
    result = render_json(template, DATA)
    assert (result, type(result)) == (rendered, type(rendered))


def test_what_is_put_into_a_text_may_be_escaped_and_the_text_around_it_is_not() -> None:
    data = {"name": "<b>Ada</b>", "tags": ["a"]}
    assert render_text("<p>{{name}}</p>{{tags}}{{nothing}}", data, escape=escape) == (
        "<p>&lt;b&gt;Ada&lt;/b&gt;</p>[&quot;a&quot;]"
    )


def test_what_was_put_in_is_not_looked_at_again() -> None:
    assert render_text("{{name}}", {"name": "{{secret}}", "secret": "s"}) == "{{secret}}"


def test_every_mistake_of_a_template_is_named_at_its_place() -> None:
    template = {"a": "{{customer", "b": ["{{}}", "{{x|upper}}", "{{f()}}"], "c{{x}}": 1, "d": "}}", "e": "{{{x}}}"}
    found = [(error.path, error.code) for error in template_errors(template)]
    assert found == [
        ("payload.a", "invalid"),
        ("payload.b.0", "invalid"),
        ("payload.b.1", "invalid"),
        ("payload.b.2", "invalid"),
        ("payload", "invalid"),
        ("payload.d", "invalid"),
        ("payload.e", "invalid"),
    ]


def test_templates_and_what_they_make_are_bounded() -> None:
    deep: Any = "x"
    for _ in range(11):
        deep = [deep]
    too_many = "{{a}}" * (MOST_PLACES + 1)
    found = [[error.code for error in template_errors(each)] for each in (deep, too_many, "x" * 20_001)]
    assert found == [["too_deep"], ["too_many"], ["too_long"]]
    long = {"a": "x" * 10_000}
    with pytest.raises(ResultTooLong):
        render_text("{{a}}" * 21, long)
    with pytest.raises(ResultTooLong):
        render_json(["{{a}}"] * 21, long)
