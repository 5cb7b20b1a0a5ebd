import pytest
from django.test import Client

from blog import sitemaps
from blog.tests.desk import make_contributor, make_editor, signed_in
from blog.tests.factories import make_author, make_topic


@pytest.fixture
def editor(db: None) -> Client:
    """An editor who is signed in, an author and a topic."""
    make_topic("Interviews")
    user = make_editor(first_name="Daniel", last_name="Osei")
    make_author("Daniel Osei", user=user)
    return signed_in(user)


@pytest.fixture
def contributor(db: None) -> Client:
    make_topic("Interviews")
    return signed_in(make_contributor())


@pytest.fixture
def one_sitemap_of_articles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of a test's articles go on where those of the test before ended."""
    monkeypatch.setattr(sitemaps, "ARTICLES_A_PART", 10**9)
