"""API keys: shown once, stored as a hash, worthless when revoked."""

import hashlib
from datetime import timedelta

import pytest

from common.refusals import InvalidPayload
from projects.keys import Credentials, create_key, find_key, find_shown, note_use, revoke_keys
from projects.models import ApiKey, AuditEntry, KeyKind
from tests.world import NOW, TESTER


def a_key(project, kind=KeyKind.SERVER, **parts):
    return create_key(project, kind=kind, by=TESTER, **parts)


def test_a_keys_token_is_stored_as_its_hash_alone(project):
    key, token = a_key(project, label="Shop back end", trusted_domains=["shop.example"])
    key.refresh_from_db()

    assert key.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert [value for value in ApiKey.objects.values_list().get(pk=key.pk) if token in str(value)] == []
    assert (key.label, key.trusted_domains, key.is_revoked, key.last_used_at) == (
        "Shop back end",
        ["shop.example"],
        False,
        None,
    )


def test_keys_and_tokens_are_all_different(project):
    made = [a_key(project) for _ in range(20)]

    assert len({key.key_id for key, _ in made}) == len({token for _, token in made}) == 20
    assert min(len(token) for _, token in made) == 43


def test_a_key_of_an_unknown_kind_is_refused(project):
    with pytest.raises(InvalidPayload, match=r"^kind must be one of server, client, management$"):
        a_key(project, kind="superuser")

    assert ApiKey.objects.count() == 0


def test_a_key_is_found_by_kind_id_and_token_in_one_statement(project, django_assert_num_queries):
    key, token = a_key(project)

    with django_assert_num_queries(1):
        found = find_key("server", key.key_id, token)
        assert found.project == project

    assert found == key


@pytest.mark.parametrize("kind", ["client", "management", "", "Server"])
def test_a_key_of_another_kind_opens_nothing(project, kind):
    key, token = a_key(project)

    assert find_key(kind, key.key_id, token) is None


@pytest.mark.parametrize("wrong", ["", "x", "\x00", "\ud800", "ü", "a" * 100_000])
def test_a_wrong_token_opens_nothing(project, wrong):
    key, token = a_key(project)

    assert find_key("server", key.key_id, wrong) is None
    assert find_key("server", key.key_id, token + wrong) == (key if wrong == "" else None)


@pytest.mark.parametrize("wrong", ["", "x", "a\x00b", "ü", "a" * 100_000])
def test_an_unknown_id_opens_nothing(project, wrong):
    _, token = a_key(project)

    assert find_key("server", wrong, token) is None


def test_the_token_of_another_key_opens_nothing(project):
    key, _ = a_key(project)
    _, token = a_key(project)

    assert find_key("server", key.key_id, token) is None


def test_the_hash_itself_is_no_token(project):
    key, _ = a_key(project)

    assert find_key("server", key.key_id, key.token_hash) is None


def test_revoked_keys_open_nothing(project):
    key, token = a_key(project)
    other, others_token = a_key(project)

    revoke_keys([key], by=TESTER, now=NOW)

    assert find_key("server", key.key_id, token) is None
    assert find_key("server", other.key_id, others_token) == other
    assert ApiKey.objects.get(pk=key.pk).revoked_at == NOW


def test_making_and_revoking_a_key_is_written_down_without_its_token(project):
    key, token = a_key(project, label="Shop")
    revoke_keys([key], by=TESTER, now=NOW)

    told = AuditEntry.objects.filter(project=project).order_by("id").values_list("action", "target_id", "target_name")
    assert list(told) == [("api_key.created", key.key_id, "Shop"), ("api_key.revoked", key.key_id, "Shop")]
    assert AuditEntry.objects.filter(after__icontains=token).count() == 0


@pytest.mark.parametrize(
    ("seconds", "statements", "kept"), [(0, 0, 0), (59, 0, 0), (61, 1, 61), (3_600, 1, 3_600), (-5, 0, 0)]
)
def test_a_use_is_written_down_once_a_minute(project, django_assert_num_queries, seconds, statements, kept):
    key, _ = a_key(project)
    note_use(key, NOW)
    key.refresh_from_db()

    with django_assert_num_queries(statements):
        note_use(key, NOW + timedelta(seconds=seconds))

    key.refresh_from_db()
    assert key.last_used_at == NOW + timedelta(seconds=kept)


def test_of_two_processes_the_later_does_not_overwrite_a_use_of_the_same_minute(project):
    key, _ = a_key(project)
    note_use(key, NOW)

    note_use(key, NOW + timedelta(seconds=30))

    key.refresh_from_db()
    assert key.last_used_at == NOW


def test_a_key_is_found_by_its_token_alone_where_nothing_else_is_shown(project, django_assert_num_queries):
    key, token = a_key(project)

    with django_assert_num_queries(1):
        found = find_shown(Credentials.of_token("server", token))
        assert found.project == project

    assert found == key
    assert find_shown(Credentials.of_token("client", token)) is None
    assert find_shown(Credentials.of_token("server", key.key_id)) is None
    assert find_shown(Credentials.of("server", "", token)) is None
