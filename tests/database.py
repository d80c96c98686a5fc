"""The database between two tests. The conftest of the root registers it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.management import create_contenttypes
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import post_migrate
from pytest_django import DjangoDbBlocker


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A test that commits empties every table at its end. What Django itself had put there is then put back as it was: working it out
    anew, as Django does, costs more than most of these tests."""
    with django_db_blocker.unblock():
        types, permissions = list(ContentType.objects.all()), list(Permission.objects.all())

    def put_back(**_: Any) -> None:
        ContentType.objects.bulk_create(types, ignore_conflicts=True)
        Permission.objects.bulk_create(permissions, ignore_conflicts=True)

    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(create_permissions, dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.connect(put_back, sender=apps.get_app_config("contenttypes"))
    yield
    post_migrate.disconnect(put_back, sender=apps.get_app_config("contenttypes"))
    post_migrate.connect(create_contenttypes)
    post_migrate.connect(create_permissions, dispatch_uid="django.contrib.auth.management.create_permissions")
