"""What the OpenAPI document says of query parameters, by their names. One that is not here is a text."""

from drf_spectacular.utils import OpenApiParameter

from common.jsons import JsonObject

DEFAULT_LIMIT = 10
HIGHEST_LIMIT = 100

FLAG: JsonObject = {"type": "string", "enum": ["true", "false"]}
MOMENT: JsonObject = {"type": "string", "description": "An ISO 8601 date or date-time."}
PARAMETERS: dict[str, JsonObject] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": HIGHEST_LIMIT, "default": DEFAULT_LIMIT},
    "page": {"type": "integer", "minimum": 1, "default": 1},
    "order": {"type": "string", "description": "A field; with a minus, descending."},
    "starting_after_id": {"type": "string", "description": "The `more_starting_after` of the answer before."},
    "starting_after": {
        "type": "string",
        "description": "Those behind it in the list's order: a time of creation, or the id of a segment.",
    },
    "expand": {"type": "string", "description": "`effects` adds what an event did."},
    **dict.fromkeys(("dry_run", "force", "join_once", "is_referral_code"), FLAG),
    **dict.fromkeys(("start_date", "end_date"), MOMENT),
    **{
        f"{name}[{side}]": MOMENT
        for name in ("created_at", "updated_at", "occurred_at")
        for side in ("after", "before")
    },
}
FILTERS = OpenApiParameter(
    "filters",
    {"type": "object", "additionalProperties": True},
    description="`filters[field][conditions][$is]=value`; `filters[junction]` is `and` or `or`.",
    style="deepObject",
    explode=True,
)


def parameter(name: str) -> OpenApiParameter:
    """The query parameter of that name."""
    if name == FILTERS.name:
        return FILTERS
    schema = PARAMETERS.get(name, {"type": "string"})
    return OpenApiParameter(name, schema, description=schema.get("description", ""))
