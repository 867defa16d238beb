"""Files to import, and reading what was rejected of them."""

HEADER = "event,id,customer.source_id,metadata.amount\n"
PROPERTIES = {
    "amount": {"type": "number", "optional": True, "aliases": ["sum"]},
    "gift": {"type": "boolean", "optional": True},
    "day": {"type": "date", "optional": True},
    "shop": {"type": "string", "optional": True},
    "tags": {"type": "string", "optional": True, "array": True},
    "parts": {"type": "object", "optional": True},
}


def problems(rows):
    """(line, where, what) of rejected rows."""
    return [
        (row["rejected"]["line"], error["path"], error["code"]) for row in rows for error in row["rejected"]["errors"]
    ]
