"""Every page of every table in the administration, asked with parameters that no link of it has:
never an error of ours. Staff alone reach them.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.test_every_door import alices_own

pytestmark = pytest.mark.django_db
NAMES = ("_to_field", "_popup", "_facets", "_changelist_filters", "e", "o", "p", "q", "all")
VALUES = ("", "nonsense", "a\0b", "9" * 5_000, str(2**63), "-1", "1.-2.x")
# Of what the tables are searched by, and of what they are not.
LOOKUPS = (
    "id",
    "id__exact",
    "id__in",
    "id__gt",
    "id__isnull",
    "nonsense__gt",
    "__",
    "created_at__year",
    "created_at__day",
    "created_at__gte",
    "owner__id__exact",
    "owner__password__startswith",
)
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def queries(names: Iterable[str], values: Iterable[str]) -> list[str]:
    return [urlencode({name: value}) for name in names for value in values]


ON_LISTS = queries((*NAMES, *LOOKUPS), VALUES)
ON_OTHERS = ["", *queries(("_to_field", "_changelist_filters"), VALUES[:3])]


def addresses_of(model: type[Model]) -> Iterator[str]:
    """The addresses of a table's pages, those of one row included, with what they are asked."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    for query in ON_LISTS:
        yield f"{reverse(f'{name}_changelist')}?{query}"
    pages = [reverse(f"{name}_add")]
    for page in ("change", "delete", "history"):
        keys = [row.pk if row else 1, 2**63]
        pages += [reverse(f"{name}_{page}", args=[key]) for key in keys]
    for page in pages:
        for query in ON_OTHERS:
            yield f"{page}?{query}"


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_parameter_is_an_error(admin_client: Client, model: type[Model]) -> None:
    alices_own()
    admin_client.raise_request_exception = False
    asked = list(addresses_of(model))
    answers = [(admin_client.get(where).status_code, where[:100]) for where in asked]
    assert [answer for answer in answers if answer[0] >= 500] == []


def forms_of(model: type[Model]) -> Iterator[tuple[str, dict[str, str]]]:
    """What no form of a table's pages would send, one field at a time."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    key = row.pk if row else 1
    pages = [
        reverse(f"{name}_add"),
        reverse(f"{name}_change", args=[key]),
        reverse(f"{name}_delete", args=[key]),
    ]
    fields = [field.name for field in (*model._meta.fields, *model._meta.many_to_many)]
    for page in pages:
        for field in (*fields, "_to_field", "_popup", "action"):
            for value in ("", "a\0b", "9" * 5_000, str(2**63), "-1"):
                yield page, {field: value}


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_form_is_an_error(admin_client: Client, model: type[Model]) -> None:
    alices_own()
    admin_client.raise_request_exception = False
    failed = []
    for where, form in forms_of(model):
        with transaction.atomic():
            answer = admin_client.post(where, form)
            transaction.set_rollback(True)
        if answer.status_code >= 500:
            failed.append((where, str(form)[:60]))
    assert failed == []
