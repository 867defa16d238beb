"""Model instances for the event path, made without the constructor, which takes longer than writing the row."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

M = TypeVar("M", bound=models.Model)


def new_row(model: type[M], values: Mapping[str, Any], related: Mapping[str, models.Model] | None = None) -> M:
    """An instance that is not stored yet. `values` has every column by its attribute (`customer_id`), `related` the
    instances behind foreign keys by the field's name; nothing is converted and no default is filled in.
    """
    row = model.__new__(model)
    state = ModelState()
    state.fields_cache = dict(related or {})
    row.__dict__.update(values, _state=state)
    return row


def stored_row(model: type[M], values: Mapping[str, Any]) -> M:
    """An instance of a row that was read, by the attributes of its columns; what is missing is read when asked for."""
    row = new_row(model, values)
    row._state.adding = False
    row._state.db = DEFAULT_DB_ALIAS
    return row
