"""The OpenAPI document as a Postman collection (format 2.1.0), a folder for each kind of resource."""

import json
import re
from collections import defaultdict
from typing import Any

from common.jsons import JsonObject

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_PART = re.compile(r"\{(\w+)\}")


def collection_of(document: JsonObject) -> JsonObject:
    """Every operation as a request with its example. Host and keys are variables of the collection."""
    folders: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            folders[operation["tags"][0]].append(_item(path, method.upper(), operation))
    return {
        "info": {"name": document["info"]["title"], "version": document["info"]["version"], "schema": FORMAT},
        "item": [{"name": name, "item": items} for name, items in sorted(folders.items())],
        "variable": [{"key": "baseUrl", "value": "http://127.0.0.1:8000"}, *_key_variables(document)],
    }


def _key_variables(document: JsonObject) -> list[JsonObject]:
    schemes = document["components"]["securitySchemes"].values()
    return [{"key": scheme["name"], "value": ""} for scheme in schemes if scheme["type"] == "apiKey"]


def _item(path: str, method: str, operation: JsonObject) -> JsonObject:
    request: dict[str, Any] = {
        "method": method,
        "description": operation.get("description", ""),
        "header": [{"key": name, "value": f"{{{{{name}}}}}"} for name in _headers(operation)],
        "url": _url(path, operation),
    }
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        request["header"].append({"key": "Content-Type", "value": "application/json"})
        request["body"] = {"mode": "raw", "raw": json.dumps(body.get("example", {}), indent=2, ensure_ascii=False)}
    return {"name": operation["summary"], "request": request, "response": []}


def _headers(operation: JsonObject) -> list[str]:
    """Those of the first kind of key that opens the door."""
    kinds: list[JsonObject] = operation.get("security", [])
    first = kinds[0] if kinds else {}
    return [name for name in first if name.startswith("X-")]


def _url(path: str, operation: JsonObject) -> JsonObject:
    parameters = operation.get("parameters", ())
    query = [{"key": item["name"], "value": "", "disabled": True} for item in parameters if item["in"] == "query"]
    parts = [_PART.sub(r":\1", part) for part in path.strip("/").split("/")]
    return {
        "raw": f"{{{{baseUrl}}}}/{'/'.join(parts)}",
        "host": ["{{baseUrl}}"],
        "path": parts,
        "query": query,
        "variable": [{"key": name, "value": ""} for name in _PART.findall(path)],
    }
