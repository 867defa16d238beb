"""Projects and their settings."""

import pytest

from common.refusals import InvalidPayload
from projects.creation import change_project, create_project
from projects.models import CLIENT_SWITCHES, AuditEntry, Project
from tests.world import TESTER


def test_a_project_begins_strict_and_closed(db):
    project = create_project("Ada's Shop", by=TESTER)
    project.refresh_from_db()

    assert (project.name, project.slug, project.time_zone) == ("Ada's Shop", "adas-shop", "UTC")
    assert (project.unknown_events, project.max_event_age_days, project.case_sensitive_codes) == ("reject", 365, False)
    assert {switch: getattr(project, switch) for switch in CLIENT_SWITCHES} == dict.fromkeys(CLIENT_SWITCHES, False)


def test_projects_of_one_name_have_slugs_of_their_own(db):
    slugs = [create_project(name, by=TESTER).slug for name in ["Shop", "Shop", "shop!", "Shop", "数", "…"]]

    assert slugs == ["shop", "shop-2", "shop-3", "shop-4", "project", "project-2"]


def test_a_slug_fits_its_column_however_long_the_name(db):
    slugs = [create_project("a" * 200, by=TESTER).slug for _ in range(2)]

    assert slugs == ["a" * 70, "a" * 70 + "-2"]


def test_a_new_project_takes_settings(db):
    project = create_project(
        "Shop", by=TESTER, time_zone="Europe/Berlin", case_sensitive_codes=True, unknown_events="accept"
    )

    assert (str(project.zone), project.case_sensitive_codes, project.unknown_events) == (
        "Europe/Berlin",
        True,
        "accept",
    )


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "a" * 201}, ["name"]),
        ({"time_zone": "Mars/Base"}, ["time_zone"]),
        ({"time_zone": ""}, ["time_zone"]),
        ({"time_zone": "europe/berlin"}, ["time_zone"]),
        ({"unknown_events": "maybe"}, ["unknown_events"]),
        ({"max_event_age_days": 0}, ["max_event_age_days"]),
        ({"max_event_age_days": 36_501}, ["max_event_age_days"]),
        ({"max_event_age_days": 2**62}, ["max_event_age_days"]),
        ({"max_event_age_days": None}, ["max_event_age_days"]),
        ({"client_publish_enabled": "perhaps"}, ["client_publish_enabled"]),
        ({"name": "", "time_zone": "X", "max_event_age_days": -1}, ["max_event_age_days", "name", "time_zone"]),
    ],
)
def test_every_wrong_setting_is_named(project, settings, wrong):
    with pytest.raises(InvalidPayload) as refused:
        change_project(project, settings, by=TESTER)

    assert sorted(error.path for error in refused.value.errors) == wrong
    assert [error.actual for error in refused.value.errors if error.path in settings] == [
        settings[error.path] for error in refused.value.errors
    ]


def test_a_project_with_a_wrong_setting_is_not_made(db):
    with pytest.raises(InvalidPayload, match=r"^time_zone: “Mars/Base” is no time zone of the IANA list"):
        create_project("Shop", by=TESTER, time_zone="Mars/Base")

    assert Project.objects.count() == 0


def test_a_refused_change_leaves_everything(project):
    with pytest.raises(InvalidPayload):
        change_project(project, {"name": "Kiosk", "time_zone": "X"}, by=TESTER)

    stored = Project.objects.get(pk=project.pk)
    assert (stored.name, stored.time_zone, stored.revision) == ("Shop", "UTC", 1)
    assert AuditEntry.objects.count() == 0


def test_a_change_is_written_down_with_what_was_before(project):
    changed = change_project(project, {"name": "Kiosk", "client_publish_enabled": True}, by=TESTER)

    entry = AuditEntry.objects.get()
    assert (changed.name, changed.client_publish_enabled) == ("Kiosk", True)
    assert (entry.action, entry.actor, entry.target_id) == ("project.updated", "tests", project.public_id)
    assert {name for name in entry.after if entry.after[name] != entry.before[name]} == {
        "name",
        "client_publish_enabled",
    }
    assert (entry.before["name"], entry.after["name"]) == ("Shop", "Kiosk")


def test_a_change_that_changes_nothing_is_not_written_down(project):
    unchanged = change_project(project, {"name": "Shop"}, by=TESTER)

    assert (unchanged.revision, AuditEntry.objects.count()) == (project.revision, 0)


def test_the_case_of_codes_is_fixed_when_a_project_is_made(project):
    change_project(project, {"case_sensitive_codes": False}, by=TESTER)
    with pytest.raises(InvalidPayload, match="is decided when a project is made"):
        change_project(project, {"case_sensitive_codes": True}, by=TESTER)

    assert Project.objects.get(pk=project.pk).case_sensitive_codes is False
