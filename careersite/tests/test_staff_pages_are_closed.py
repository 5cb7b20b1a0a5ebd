"""Every address under /admin/, as Django lists them: closed to whoever has no right to it."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from blog.tests.factories import make_article
from newsletter.models import Routine, Suppression
from newsletter.tests.factories import all_rows, make_letter, make_mailing, staff

# One's own account and overview; and Django's way from a row to its public page.
FOR_ALL_STAFF = {"index", "login", "logout", "password_change", "password_change_done", "jsi18n"}
FOR_ALL_STAFF |= {"view_on_site", "app_list"}
MODEL = re.compile("admin/([a-z]+)/([a-z]+)/")
UPLOAD = "/admin/blog/image/upload/"
PLACE = re.compile("<(?:[a-z]+:)?([a-z_]+)>")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rows() -> None:
    """Something to find on most of the pages."""
    make_mailing()
    make_letter()
    make_article("Another", published_at=None)
    Routine.current().save()
    Suppression.objects.add("left@example.com", Suppression.Reason.STAFF)


def patterns(found: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str, str]]:
    for one in found:
        path = f"{before}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, path)
        elif one.name:
            yield one.name, path


def staff_pages() -> list[str]:
    """The address of each, with a row of its model that is there, if there is one."""
    all_pages = patterns(get_resolver().url_patterns, "")
    found = {path for name, path in all_pages if name not in FOR_ALL_STAFF}
    return sorted(filled(path) for path in found if path.startswith("admin/"))


def filled(path: str) -> str:
    about = MODEL.match(path)
    row = apps.get_model(*about.groups()).objects.first() if about else None
    values = {"deed": "cancel"}
    return "/" + PLACE.sub(lambda place: values.get(place[1], str(row.pk if row else 1)), path)


def ask(client: Client, path: str) -> dict[str, tuple[int, str]]:
    answers = {"GET": client.get(path), "POST": client.post(path, {"certain": "1"})}
    return {how: (it.status_code, it.headers.get("Location", "")) for how, it in answers.items()}


def test_nobody_gets_anywhere_without_signing_in(client: Client) -> None:
    before, pages = all_rows(), staff_pages()
    assert len(pages) > 100
    for path in pages:
        answers = set(ask(client, path).values()) - {(405, "")}
        expected = {(302, f"/admin/login/?next={path}")}
        # A script asks here, which has no use for the page to sign in.
        assert answers == ({(403, "")} if path == UPLOAD else expected), path
    assert all_rows() == before


def test_being_on_the_staff_opens_no_page_by_itself() -> None:
    client = staff()
    before = all_rows()
    for path in staff_pages():
        refused = {(403, ""), (405, "")}
        if path.endswith(
            "/1/history/"
        ):  # no such row, says Django before it asks who wants to know
            refused |= {(302, "/admin/")}
        answers = set(ask(client, path).values())
        assert answers <= refused and answers != {(405, "")}, path
    assert all_rows() == before
