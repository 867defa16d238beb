"""What the loads send: events that the product accepts, each under an id of its own."""

import json

import pytest

from bench.batches import Batch
from bench.loads import event, event_body
from bench.without_storage import WithoutStorage
from bench.worldbuilding import build
from events.grouping import grouping


def test_a_prepared_batch_has_new_ids_each_time_and_else_stays_the_same():
    told = [event(customers=5) for _ in range(3)]
    batch = Batch(told)

    first, second = (json.loads(batch.with_new_ids())["events"] for _ in range(2))

    ids = {sent.pop("id") for sent in [*first, *second]}
    assert len(ids) == 6
    assert first == second == told


@pytest.mark.django_db
def test_the_endpoint_without_storage_answers_alike_by_no_statement(client, monkeypatch, django_assert_num_queries):
    world = build(customers=1)
    monkeypatch.setattr(grouping, "accept", WithoutStorage().accept)
    send(client, world)

    with django_assert_num_queries(0):
        without_storage = send(client, world)

    monkeypatch.undo()
    stored = send(client, world)
    assert without_storage.keys() == stored.keys()
    assert without_storage["customer"].keys() == stored["customer"].keys()


def send(client, world):
    headers = {"X-App-Id": world.app_id, "X-App-Token": world.app_token}
    answer = client.post("/v1/events", event_body(world.customers), "application/json", headers=headers)
    assert answer.status_code == 200
    return answer.json()
