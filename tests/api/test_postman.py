"""`/postman.json`: every operation as a request of a Postman collection."""

import pytest


@pytest.fixture
def served(client):
    return client.get("/openapi.json").json(), client.get("/postman.json").json()


def test_every_operation_is_a_request(served):
    document, collection = served

    requests = [item["request"] for folder in collection["item"] for item in folder["item"]]
    asked = sorted((request["method"].lower(), "/" + "/".join(request["url"]["path"])) for request in requests)
    operations = [(method, path) for path, item in document["paths"].items() for method in item]
    assert asked == sorted((method, path.replace("{", ":").replace("}", "")) for method, path in operations)
    assert {request["url"]["host"][0] for request in requests} == {"{{baseUrl}}"}


def test_keys_and_host_are_variables_and_queries_are_there_to_switch_on(served):
    _, collection = served

    variables = {variable["key"] for variable in collection["variable"]}
    customers = next(folder for folder in collection["item"] if folder["name"] == "customers")
    listing = next(item for item in customers["item"] if item["name"] == "List customers.")["request"]
    assert {"baseUrl", "X-App-Id", "X-App-Token", "X-Management-Token", "X-Client-Token"} <= variables
    assert listing["header"] == [
        {"key": "X-App-Id", "value": "{{X-App-Id}}"},
        {"key": "X-App-Token", "value": "{{X-App-Token}}"},
    ]
    assert {"key": "email", "value": "", "disabled": True} in listing["url"]["query"]
