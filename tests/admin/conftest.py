"""Two tenants, and one of each role in the first."""

import pytest
from django.test import Client

from projects.models import Project, Role
from tests.admin.people import Tenant, a_member, a_superuser, a_tenant, signed_in
from tests.factories import ProjectFactory


@pytest.fixture
def adas(db: None) -> Tenant:
    return a_tenant(ProjectFactory(name="ada-shop", slug="ada-shop"), "ada")


@pytest.fixture
def mallorys(db: None) -> Tenant:
    return a_tenant(ProjectFactory(name="mallory-shop", slug="mallory-shop"), "mallory")


@pytest.fixture
def viewer(project: Project) -> Client:
    return signed_in(a_member(project, Role.VIEWER))


@pytest.fixture
def marketer(project: Project) -> Client:
    return signed_in(a_member(project, Role.MARKETER))


@pytest.fixture
def project_admin(project: Project) -> Client:
    return signed_in(a_member(project, Role.ADMIN))


@pytest.fixture
def superuser(db: None) -> Client:
    return signed_in(a_superuser())
