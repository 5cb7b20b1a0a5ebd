"""Each picture on a page comes in its best kind and size, in its turn, and moves nothing."""

import re
from html.parser import HTMLParser

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from blog.models import Article, Page
from blog.pictures_in_text import with_pictures
from blog.tests.factories import make_article, make_articles, make_author, make_image, make_topic
from blog.tests.moving_pictures import moving

Attributes = dict[str, str | None]
MEDIA = "/media/"
KINDS = ("avif", "webp")


class Pictures(HTMLParser):
    """The pictures of a page: each `<img>`, with the sources beside it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sources: list[Attributes] = []
        self.found: list[tuple[Attributes, list[Attributes]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "picture":
            self.sources = []
        elif tag == "source":
            self.sources.append(dict(attributes))
        elif tag == "img":
            self.found.append((dict(attributes), self.sources))

    def handle_endtag(self, tag: str) -> None:
        if tag == "picture":
            self.sources = []


@pytest.fixture
def site(db: None) -> list[Article]:
    """Articles with and without cover, an author with a portrait, pictures in texts."""
    author = make_author(portrait=make_image(300, 300))
    inside = make_image(1300, 700, "A chair")
    body = f'<p><img src="{inside.url}" alt="A chair"></p>' * 2
    articles = make_articles(
        14, author=author, topics=[make_topic()], cover=make_image(), body=body
    )
    make_article("Plain", author=author, body=body)
    Page.objects.filter(slug="about").update(body=body)
    return articles


ADDRESSES = [
    *("/", "/page/2/", "/topics/interviews/", "/topics/interviews/page/2/"),
    *("/authors/maya-lindqvist/", "/authors/maya-lindqvist/page/2/", "/about/"),
    *("/articles/article-1/", "/articles/article-9/", "/articles/plain/"),
]


def pictures_of(client: Client, address: str) -> list[tuple[Attributes, list[Attributes]]]:
    response = client.get(address)
    assert response.status_code == 200
    return Pictures(response.content.decode()).found


def test_every_picture_has_its_size_words_and_lighter_kinds(
    client: Client, site: list[Article]
) -> None:
    for address in ADDRESSES:
        pictures = pictures_of(client, address)
        assert pictures, address
        for picture, sources in pictures:
            assert int(picture["width"]) > 0
            assert int(picture["height"]) > 0
            assert picture["alt"] is not None
            assert [source["type"] for source in sources] == ["image/avif", "image/webp"]
            assert all(source["sizes"] for source in sources)


def test_what_a_page_offers_is_there(client: Client, site: list[Article]) -> None:
    for address in ADDRESSES:
        for picture, sources in pictures_of(client, address):
            parts = [part for source in sources for part in source["srcset"].split(",")]
            for url in [picture["src"], *(part.split()[0] for part in parts)]:
                assert default_storage.exists(url.removeprefix(MEDIA)), url


def test_one_picture_comes_at_once_and_the_others_in_their_turn(
    client: Client, site: list[Article]
) -> None:
    for address in ADDRESSES:
        pictures = [picture for picture, _ in pictures_of(client, address)]
        at_once = [picture for picture in pictures if "fetchpriority" in picture]
        assert len(at_once) == 1, address
        for picture in pictures:
            expected = (None, None) if picture in at_once else ("lazy", "async")
            assert (picture.get("loading"), picture.get("decoding")) == expected


def test_the_first_is_the_cover_and_without_one_the_first_of_the_text(
    client: Client, site: list[Article]
) -> None:
    def first(address: str) -> str:
        return next(
            picture["src"]
            for picture, _ in pictures_of(client, address)
            if picture.get("fetchpriority")
        )

    assert first("/articles/article-1/") == site[0].cover.url
    assert first("/articles/plain/") in Article.objects.get(slug="plain").body


def test_pictures_cost_no_query(
    client: Client, site: list[Article], django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(5):
        client.get("/articles/article-1/")


# --- In a text ------------------------------------------------------------------------

STEM = "/media/pictures/0123456789abcdef01234567-1000x500"


def test_a_text_tells_all_sizes_of_its_picture() -> None:
    served = with_pictures(f'<p><img src="{STEM}.jpg" alt="A desk"></p>', is_first_on_page=False)
    sizes = 'sizes="(min-width: 47rem) 41rem, calc(100vw - 2.5rem)"'
    steps = [(kind, [f"{STEM}-{n}.{kind} {n}w" for n in (480, 800, 1000)]) for kind in KINDS]
    sources = [
        f'<source type="image/{kind}" srcset="{", ".join(files)}" {sizes}>' for kind, files in steps
    ]
    assert served == (
        f'<p><picture>{"".join(sources)}<img src="{STEM}.jpg" alt="A desk" width="1000" '
        'height="500" loading="lazy" decoding="async"></picture></p>'
    )


def test_a_size_that_somebody_typed_gives_way_to_the_true_one() -> None:
    typed = f'<img width="9" src="{STEM}.jpg" height="9" alt="" id="text-x">'
    served = with_pictures(typed, is_first_on_page=True)
    assert f'<img src="{STEM}.jpg" alt="" id="text-x" width="1000" height="500"' in served
    assert 'height="9"' not in served


def test_a_moving_picture_stands_still_for_whoever_asked_for_that() -> None:
    served = with_pictures(f'<img src="{STEM}.gif" alt="">', is_first_on_page=False)
    calm, moving = re.findall("<source[^>]*>", served)
    assert f'media="(prefers-reduced-motion: reduce)" srcset="{STEM}-still.webp 1000w"' in calm
    assert f'srcset="{STEM}.webp 1000w"' in moving
    assert "media=" not in moving


@pytest.mark.parametrize(
    "source",
    [
        "/static/share.png",
        "/media/pictures/0123456789abcdef01234567.jpg",
        "/media/pictures/0123456789abcdef01234567-1000x0.jpg",
        "/media/pictures/0123456789abcdef01234567-1000x500.svg",
        "/media/pictures/a b, c-0123456789abcdef01234567-10x10.jpg",
        "/else/0123456789abcdef01234567-1000x500.jpg",
        "https://elsewhere.example/media/pictures/0123456789abcdef01234567-1000x500.jpg",
        "",
    ],
)
def test_what_is_not_ours_is_left_as_it_is_and_comes_late(source: str) -> None:
    picture = f'<img src="{source}" alt="x" width="10">'
    served = with_pictures(picture, is_first_on_page=False)
    assert served == f'{picture[:-1]} loading="lazy" decoding="async">'


def test_a_text_without_pictures_is_left_as_it_is() -> None:
    text = "<p>No &lt;img&gt; here.</p>"
    assert with_pictures(text, is_first_on_page=True) == text


@pytest.mark.django_db
def test_feeds_and_what_is_stored_keep_the_plain_picture(client: Client) -> None:
    image = make_image(900, 600)
    article = make_article(body=f'<p><img src="{image.url}" alt="A desk"></p>')
    client.get(article.get_absolute_url())
    assert "<picture" not in Article.objects.get().body
    for feed in ("/feed.xml", "/atom.xml", "/feed.json"):
        content = client.get(feed).content.decode()
        assert f"http://127.0.0.1:8000{image.url}" in content
        assert "picture&gt;" not in content
        assert "<picture" not in content


@pytest.mark.django_db
def test_a_pictures_file_is_served_as_what_it_is_and_for_good(client: Client) -> None:
    image = make_image(900, 600)
    kinds = {
        name.rpartition(".")[2]: client.get(f"/media/{name}")["Content-Type"]
        for name in image.file_names
    }
    assert kinds == {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
    assert "immutable" in client.get(image.url)["Cache-Control"]
    assert client.get(image.url.replace("900x600.jpg", "900x600-640.webp")).status_code == 404


@pytest.mark.django_db
def test_a_moving_cover_moves_on_the_page(client: Client) -> None:
    cover = make_image()
    article = make_article(cover=type(cover).store(moving(), "A square"))
    page = client.get(article.get_absolute_url()).content.decode()
    assert ".gif" in page
    assert "prefers-reduced-motion" in page
