"""The doors for many customers: what they take, and what the action answers (contract d.6)."""

import pytest

from common.jsons import dumps
from customers.models import Customer
from outbox.actions import RunAction
from projects.models import AsyncAction
from tests.api.caller import Upload

FILE = "/v1/customers/importCSV"
BULK = "/v1/customers/bulk/async"
METADATA = "/v1/customers/metadata/async"


def result_of(api, answer):
    """What the action comes to, by the API."""
    action = AsyncAction.objects.get()
    assert (answer.status, answer.body) == (202, {"async_action_id": action.public_id})
    RunAction().handle({"action": str(action.pk)})
    told = api.get(f"/v1/async-actions/{action.public_id}").body
    return told["type"], told["status"], told["result"]


def test_a_file_is_taken(api, project):
    answer = api.call("POST", FILE, Upload(file="\ufeffSource_id,Name\nben,Bén\n"))

    assert result_of(api, answer) == (
        "CUSTOMERS.IMPORT_CSV",
        "DONE",
        {"message": "1 done, 0 failed.", "done_count": 1, "failed_count": 0, "failed": []},
    )
    assert Customer.objects.get(project=project).name == "Bén"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (Upload(), "Payload must have required property 'file'"),
        (Upload(other="a"), "Payload must have required property 'file'"),
        (Upload(file=""), "The file is empty"),
        (Upload(file="Name,name\n"), "The header names a column twice"),
        (Upload(file="Full name\n"), "The header 'Full name' must be a word without blanks"),
        (Upload(file='Name\n"a\n'), "Line 2 is no CSV: unexpected end of data"),
        (Upload(file="Name\na\x00\n"), "The file holds a NUL character"),
        (Upload(file="a," * 1_001 + "b"), "The file has more than 1000 columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused_at_once(api, body, sentence):
    answer = api.call("POST", FILE, body)

    assert (answer.status, answer.key) == (400, "invalid_payload")
    assert sentence in answer.body["details"]
    assert not AsyncAction.objects.exists()


def test_what_is_no_form_with_a_file_is_refused(api):
    latin = Upload(file="x").encoded().replace(b"x", b"N\xe4me")
    for content, content_type in [
        (latin, Upload.content_type),
        (b"", Upload.content_type),
        (b"x", "multipart/form-data"),
        (b"x" * 1_000, "multipart/form-data; boundary=b"),
        (Upload(file="Name\n").encoded()[:60], Upload.content_type),
    ]:
        answer = api.raw("POST", FILE, content, content_type=content_type)
        assert (answer.status, answer.key) == (400, "invalid_payload"), content
    assert api.raw("POST", FILE, b"Name\n", content_type="text/csv").status == 415
    big = api.call("POST", FILE, Upload(file="N" * (10 * 1024 * 1024 + 1)))
    assert (big.status, big.key) == (413, "query_too_large")


def test_a_list_is_taken_and_each_customer_told(api, project):
    answer = api.post(BULK, [{"source_id": "ben", "name": "Ben"}, {"source_id": "cleo", "birthdate": "soon"}])

    assert result_of(api, answer)[2] == {
        "message": "1 done, 1 failed.",
        "done_count": 1,
        "failed_count": 1,
        "failed": [
            {"source_id": "cleo", "reason": "Property .birthdate must be a date in ISO 8601 (YYYY-MM-DD)"},
        ],
    }


def test_one_metadata_is_taken_for_many(api, project):
    answer = api.post(METADATA, {"source_ids": ["ben", "cleo"], "metadata": {"VIP": True}})

    assert result_of(api, answer)[:2] == ("CUSTOMERS.METADATA_UPDATE", "DONE")
    assert [row.metadata for row in Customer.objects.filter(project=project)] == [{"VIP": True}] * 2


@pytest.mark.parametrize(
    ("path", "body", "paths"),
    [
        (BULK, {"source_id": "ben"}, [""]),
        (BULK, [{"source_id": "ben"}, {"name": "\x00"}, {"metadata": {"a": "x" * 11_000}}], ["1", "2"]),
        (BULK, [5, {}, None], ["0", "2"]),
        (METADATA, [], [""]),
        (METADATA, {}, ["source_ids", "metadata"]),
        (METADATA, {"source_ids": "ben", "metadata": 5}, ["source_ids", "metadata"]),
        (METADATA, {"source_ids": ["ben", 5, ""], "metadata": {}}, ["source_ids.1", "source_ids.2"]),
        (METADATA, {"source_ids": ["ben"], "metadata": {"a": "\x00"}}, ["metadata"]),
    ],
)
def test_what_is_no_bulk_change_names_every_part(api, path, body, paths):
    answer = api.raw("POST", path, dumps(body).encode())

    assert (answer.status, answer.key, answer.paths) == (400, "invalid_payload", paths)
    assert not AsyncAction.objects.exists()


def test_a_list_ends_at_ten_megabytes(api):
    assert api.raw("POST", BULK, b" " * (10 * 1024 * 1024 + 1)).status == 413
    many = dumps([{"source_id": f"c{n}", "description": "x" * 1_000} for n in range(9_000)]).encode()
    assert len(many) > 9_000_000
    assert api.raw("POST", BULK, many).status == 202
