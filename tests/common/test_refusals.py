"""What a refusal tells, whatever was sent."""

from common.refusals import Duplicate, FieldError, InvalidPayload, NotFound


def complaint(number):
    return FieldError(f"field.{number}", "type", f"Sentence {number}", number)


def test_the_sentences_of_all_errors_are_joined():
    refusal = InvalidPayload.of([complaint(1), complaint(2)])

    assert str(refusal) == "Sentence 1; Sentence 2"
    assert refusal.errors == (complaint(1), complaint(2))


def test_a_flood_of_errors_is_cut_and_counted():
    refusal = InvalidPayload.of([complaint(number) for number in range(1_500)])

    assert refusal.details.endswith("Sentence 19; and 1480 more")
    assert len(refusal.errors) == 1_000


def test_a_long_text_that_was_sent_is_shown_shortened():
    shown = FieldError("name", "max_length", "Too long", "a" * 201).as_json()

    assert shown == {"path": "name", "code": "max_length", "message": "Too long", "actual": "a" * 200 + "…"}


def test_a_refusal_names_the_resource():
    missing = NotFound.of("customer", "x" * 300)
    double = Duplicate.of("campaign", "Club")

    assert missing.details == f"Cannot find customer with id {'x' * 200}"
    assert (missing.key, missing.resource_type, missing.resource_id) == ("not_found", "customer", "x" * 200)
    assert double.details == "Duplicated campaign exists with name Club"
    assert (double.key, double.resource_type, double.resource_id) == ("duplicate_found", "campaign", "Club")
