"""Rows that are history refuse to change and to go."""

import pytest
from django.apps import apps

from common.append_only import AppendOnly

HISTORY = sorted(
    (model for model in apps.get_models() if issubclass(model, AppendOnly)), key=lambda model: model.__name__
)


def stored(model):
    row = model()
    row._state.adding = False
    return row


def last_field(model):
    return model._meta.fields[-1].name


def test_history_is_known_by_name():
    assert [model.__name__ for model in HISTORY] == [
        "Allocation",
        "AuditEntry",
        "Event",
        "EventVoid",
        "GiftEntry",
        "LedgerEntry",
        "MembershipChange",
        "SchemaVersion",
        "StoredEffect",
    ]


@pytest.mark.parametrize("model", HISTORY)
def test_a_stored_row_cannot_be_saved_again(model):
    with pytest.raises(TypeError, match=rf"^{model.__name__} rows are never changed$"):
        stored(model).save()


@pytest.mark.parametrize("model", HISTORY)
def test_a_row_cannot_be_deleted(model):
    with pytest.raises(TypeError, match=rf"^{model.__name__} rows are never deleted$"):
        stored(model).delete()


@pytest.mark.parametrize("model", HISTORY)
def test_rows_cannot_be_changed_by_a_queryset(model, db):
    row = stored(model)
    row.pk = row.pk or 1

    for change in (
        lambda: model.objects.update(id=None),
        lambda: model.objects.bulk_update([row], [last_field(model)]),
    ):
        with pytest.raises(TypeError, match=rf"^{model.__name__} rows are never changed$"):
            change()


@pytest.mark.parametrize("model", HISTORY)
def test_rows_cannot_be_deleted_by_a_queryset(model, db):
    with pytest.raises(TypeError, match=rf"^{model.__name__} rows are never deleted$"):
        model.objects.filter(pk=None).delete()
