"""How a body has to come: JSON, in UTF-8, of limited size."""

import pytest

from common.jsons import dumps
from tests.api.caller import Answer

GOOD = dumps({"source_id": "ben"}).encode()


def send(api, content=GOOD, **options) -> Answer:
    return api.raw("POST", "/v1/customers", content, **options)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON;charset=UTF8",
        'application/json; charset="utf-8"',
        "application/json; odata=verbose",
        "application/json;",
        "",
    ],
)
def test_json_in_utf_8_is_read(api, content_type):
    assert send(api, content_type=content_type).body["source_id"] == "ben"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json+x",
        "application/vnd.api+json",
        "json",
        "/",
        "a" * 5_000,
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/json; charset=bogus",
    ],
)
def test_another_type_or_charset_is_refused(api, content_type):
    answer = send(api, content_type=content_type)

    assert (answer.status, answer.key) == (415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP", "gzip, identity", "bogus"])
def test_an_encoded_body_is_refused(api, encoding):
    assert send(api, headers={"Content-Encoding": encoding}).status == 415


def test_identity_is_no_encoding(api):
    assert send(api, headers={"Content-Encoding": "identity"}).status == 200


def padded(size):
    """A customer in exactly so many bytes."""
    filler = {f"key {number:03}": "a" * 10_000 for number in range(size // 10_020)}
    short = size - len(dumps({"source_id": "ben", "metadata": filler | {"rest": ""}}))
    return dumps({"source_id": "ben", "metadata": filler | {"rest": "a" * short}}).encode()


def test_a_body_ends_at_256_kilobytes(api):
    exactly, one_more = padded(256 * 1024), padded(256 * 1024 + 1)

    assert [len(exactly), len(one_more)] == [262_144, 262_145]
    assert send(api, exactly).status == 200
    refused = send(api, one_more)
    assert (refused.status, refused.key, refused.body["details"]) == (
        413,
        "query_too_large",
        "The body is larger than 262144 bytes",
    )


@pytest.mark.parametrize("length", ["", "abc", "-5", "0", "1e3", " 17"])
def test_a_length_that_cannot_be_meant_is_no_failure(api, length):
    answer = send(api, CONTENT_LENGTH=length)

    assert answer.status in {200, 400}


def test_an_empty_body_is_an_empty_object(api):
    answer = api.raw("POST", "/v1/events", b"")

    assert (answer.status, answer.paths) == (400, ["event", "customer"])


@pytest.mark.parametrize("content", [b"null", b"5", b'"a"', b"true", b"[]", b"[{}]"])
def test_a_body_that_is_no_object_is_told_to_be_one(api, content):
    answer = send(api, content)

    assert (answer.status, answer.body["details"]) == (400, "Payload must be object")


def test_a_body_that_is_no_json_is_told_where(api):
    answer = send(api, b'{"a": 1,}')

    assert (answer.status, answer.key) == (400, "invalid_payload")
    assert answer.body["details"].startswith("The body is not JSON: ")


def test_unknown_query_parameters_and_headers_are_of_no_interest(api):
    answer = api.raw("POST", "/v1/customers?c=123&a[b]=c", GOOD, headers={"X-Voucherify-API-Version": "v1999-01-01"})

    assert answer.status == 200
