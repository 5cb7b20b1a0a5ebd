"""Where our page cache steps aside, whatever caches may keep is compressed all the same."""

import gzip

import brotli
import pytest
from django.test import Client

from blog.tests.factories import make_article
from careersite.stored_page import BROTLI_QUALITY, QUICK_BROTLI_QUALITY

pytestmark = pytest.mark.django_db

ADDRESSES = ["/", "/articles/how-to-read-a-job-ad/", "/search/?q=job", "/feed.xml", "/nothing/"]
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.fixture(autouse=True)
def article() -> None:
    make_article("How to read a job ad")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("coding", UNPACK)
def test_a_page_comes_in_the_coding_its_reader_takes(
    client: Client, address: str, coding: str
) -> None:
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": f"{coding}, x"})

    assert UNPACK[coding](packed.content) == plain.content
    assert (packed["Content-Encoding"], packed["ETag"]) == (coding, plain["ETag"])
    assert packed["Content-Length"] == str(len(packed.content))
    assert packed["Vary"] == plain["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain


@pytest.mark.parametrize("coding", UNPACK)
def test_who_has_it_in_any_coding_is_told_so(client: Client, coding: str) -> None:
    tag = client.get("/")["ETag"]
    answer = client.get("/", headers={"If-None-Match": tag, "Accept-Encoding": coding})
    assert (answer.status_code, answer.content, answer["Vary"]) == (304, b"", "Accept-Encoding")


@pytest.mark.parametrize("address", ["/ask/", "/admin/login/", "/healthz"])
def test_what_is_for_one_person_is_left_as_it_is(client: Client, address: str) -> None:
    """A secret beside what a visitor sent could be told by the length (BREACH)."""
    assert "Content-Encoding" not in client.get(address, headers={"Accept-Encoding": "gzip"})


def test_what_wins_nothing_by_it_stays_plain(client: Client) -> None:
    answer = client.get("/search/suggest/?q=zz", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in answer


def test_what_is_kept_is_packed_as_small_as_it_gets_and_an_answer_to_a_query_quickly(
    client: Client,
) -> None:
    for address, quality in (("/", BROTLI_QUALITY), ("/search/?q=job", QUICK_BROTLI_QUALITY)):
        plain = client.get(address).content
        packed = client.get(address, headers={"Accept-Encoding": "br"}).content

        assert packed == brotli.compress(plain, quality=quality), address
        assert len(packed) != len(brotli.compress(plain, quality=BROTLI_QUALITY + 5 - quality))
