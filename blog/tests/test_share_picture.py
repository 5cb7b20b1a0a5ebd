"""Where an article's address is shared, a picture stands for it: its title beside its cover."""

import io
import json
import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow
from PIL import ImageFont

from blog import share_picture
from blog.lettering import CHARACTERS, FONT, LINE_HEIGHT, Lines, measured, writable
from blog.models import Article, Image, Publication
from blog.share_picture import PAPER, SIZE, SharePicture, folder
from blog.tasks import forget_hidden_pictures
from blog.tests.factories import make_article, make_image, make_topic

JAPANESE = "面接の後で"
LONGEST = (
    "What to say when nobody has asked you anything for a good while " * 2 + "and you must go on"
)


def picture_of(article: Article) -> SharePicture:
    return SharePicture.of(article, list(article.topics.all()), Publication.current())


def opened(content: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(content))


def has_paper(image: Pillow.Image) -> bool:
    """Words stand on paper; a picture alone fills the whole."""
    return all(image.getpixel(at) == paper() for at in ((2, 2), (2, 627), (600, 2)))


def paper() -> object:
    return pytest.approx(tuple(bytes.fromhex(PAPER[1:])), abs=2)


def files_of(article: Article) -> list[str]:
    return [path.name for path in (folder() / str(article.uid)).glob("*")]


def metas(page: HttpResponse) -> dict[str, str]:
    return dict(
        re.findall(r'<meta property="(og:[^"]+)" content="([^"]*)">', page.content.decode())
    )


@pytest.mark.django_db
def test_the_page_names_it_with_its_size_and_words(client: Client) -> None:
    article = make_article("Is 5 > 4?", cover=make_image())
    named = metas(client.get(article.get_absolute_url()))
    assert named["og:image"] == f"http://127.0.0.1:8000{picture_of(article).url}"
    assert (named["og:image:width"], named["og:image:height"]) == ("1200", "630")
    assert named["og:image:alt"] == "Is 5 &gt; 4? · Open Seat"
    assert files_of(article) == []


@pytest.mark.django_db
def test_other_pages_share_the_sites_own_picture(client: Client) -> None:
    make_article(cover=make_image())
    named = metas(client.get("/"))
    assert named["og:image"] == "http://127.0.0.1:8000/static/share.png"
    assert (named["og:image:width"], named["og:image:height"]) == ("1200", "630")


@pytest.mark.django_db
def test_search_engines_get_it_in_the_place_of_a_cover(client: Client) -> None:
    article = make_article()
    page = client.get(article.get_absolute_url()).content.decode()
    stated = json.loads(re.search(r'ld\+json">(.*?)</script>', page)[1])["@graph"][0]["image"]
    assert stated["url"] == f"http://127.0.0.1:8000{picture_of(article).url}"
    assert (stated["width"], stated["height"]) == SIZE


@pytest.mark.django_db
def test_it_is_drawn_when_somebody_asks_and_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = make_article(cover=make_image())
    first = client.get(picture_of(article).url)
    drawn = opened(first.content)
    assert (first.status_code, first["Content-Type"]) == (200, "image/jpeg")
    assert (drawn.format, drawn.size) == ("JPEG", SIZE)
    assert has_paper(drawn)
    assert len(first.content) < 300_000
    monkeypatch.setattr(SharePicture, "drawn", None)
    assert client.get(picture_of(article).url).content == first.content


@pytest.mark.django_db
def test_it_may_be_kept_for_an_hour_and_shown_elsewhere(client: Client) -> None:
    url = picture_of(make_article(cover=make_image())).url
    response = client.get(url)
    assert response["Cache-Control"] == "public, max-age=3600"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not response.cookies
    assert client.get(url, headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert client.head(url).status_code == 200
    assert client.post(url).status_code == 405


@pytest.mark.django_db
def test_the_same_article_is_drawn_the_same_each_time() -> None:
    article = make_article(topics=[make_topic("Offers")])
    assert picture_of(article).drawn().tobytes() == picture_of(article).drawn().tobytes()


@pytest.mark.django_db
def test_its_address_changes_with_what_it_shows_and_only_then(client: Client) -> None:
    article = make_article("One", cover=make_image())
    seen = {picture_of(article).url}
    for change in ({"title": "Two"}, {"cover": make_image(900, 600)}, {"cover": None}):
        Article.objects.filter(pk=article.pk).update(**change)
        seen.add(picture_of(Article.objects.get()).url)
    Publication.objects.update(name="Closed Seat")
    seen.add(picture_of(Article.objects.get()).url)
    assert len(seen) == 5
    Article.objects.update(body="<p>New</p>", summary="New")
    assert picture_of(Article.objects.get()).url in seen


@pytest.mark.django_db
def test_an_old_address_leads_to_the_present_one_and_its_file_goes(client: Client) -> None:
    article = make_article("One", cover=make_image())
    old = picture_of(article).url
    client.get(old)
    article.title = "Two"
    article.save()
    response = client.get(old)
    assert (response.status_code, response["Location"]) == (302, picture_of(article).url)
    assert "immutable" not in response["Cache-Control"]
    client.get(response["Location"])
    assert files_of(article) == [f"{picture_of(article).fingerprint}.jpg"]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "scheduled", "expired"])
def test_what_is_not_public_has_none(client: Client, state: str) -> None:
    now = timezone.now()
    dates = {
        "draft": {"published_at": None},
        "scheduled": {"published_at": now + timezone.timedelta(hours=1)},
        "expired": {"expires_at": now},
    }
    article = make_article(cover=make_image(), **dates[state])
    assert client.get(picture_of(article).url).status_code == 404
    assert files_of(article) == []


@pytest.mark.django_db
def test_it_goes_with_an_article_that_is_taken_back(client: Client) -> None:
    taken_back, deleted, public = (make_article(f"A {n}", cover=make_image()) for n in range(3))
    for article in (taken_back, deleted, public):
        client.get(picture_of(article).url)
        file = f"share/{article.uid}/{picture_of(article).fingerprint}.jpg"
        assert client.get(f"/media/{file}").status_code == 404
    url = picture_of(taken_back).url
    taken_back.withdraw()
    deleted.remove()

    assert client.get(url).status_code == 404
    forget_hidden_pictures()
    assert [len(files_of(one)) for one in (taken_back, deleted, public)] == [0, 0, 1]


@pytest.mark.django_db
def test_no_guessed_address_makes_a_file(client: Client) -> None:
    article = make_article(cover=make_image())
    url = picture_of(article).url
    for guess in ("0" * 16, "f" * 16):
        assert client.get(url.replace(picture_of(article).fingerprint, guess)).status_code == 302
    for path in ("/share/", "/share/x.jpg", "/share/no-such-0123456789abcdef.jpg", url + "x"):
        assert client.get(path).status_code == 404
    assert files_of(article) == []


@pytest.mark.django_db
def test_it_costs_three_queries(client: Client, django_assert_max_num_queries: object) -> None:
    url = picture_of(make_article(cover=make_image(), topics=[make_topic()])).url
    with django_assert_max_num_queries(3):
        client.get(url)


@pytest.mark.django_db
def test_without_a_cover_the_topics_motif_is_drawn() -> None:
    plain = picture_of(make_article("A")).drawn()
    offers = picture_of(make_article("B", topics=[make_topic("Offers")])).drawn()
    assert has_paper(plain)
    assert has_paper(offers)
    assert plain.crop((740, 0, *SIZE)).tobytes() != offers.crop((740, 0, *SIZE)).tobytes()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "title", [JAPANESE, "Собеседование", "مقابلة", "Interview 面接", "🎉", "→"]
)
def test_what_our_font_cannot_write_is_left_to_the_cover(client: Client, title: str) -> None:
    article = make_article(title, cover=make_image(alternative_text="A desk"))
    assert not has_paper(picture_of(article).drawn())
    named = metas(client.get(article.get_absolute_url()))
    assert named["og:image:alt"] == "A desk"
    assert client.get(picture_of(article).url).status_code == 200


@pytest.mark.django_db
def test_neither_title_nor_site_name_nor_cover_can_stop_it() -> None:
    Publication.objects.update(name=JAPANESE)
    for number, title in enumerate(
        ["W" * 160, LONGEST, "a " * 80, "i", "\u202e<b>&amp;", "Ünï 🎉"]
    ):
        article = make_article(title[:160], slug=f"article-{number}", cover=make_image(60, 40))
        assert picture_of(article).drawn().size == SIZE


@pytest.mark.django_db
def test_a_cover_that_is_lost_gives_way_to_the_motif() -> None:
    article = make_article(cover=Image.objects.create(file="pictures/lost.jpg", width=9, height=9))
    assert picture_of(article).drawn().size == SIZE


@pytest.mark.django_db
def test_a_cover_one_can_see_through_stands_on_paper() -> None:
    buffer = io.BytesIO()
    Pillow.new("RGBA", (600, 400), (0, 0, 0, 0)).save(buffer, "PNG")
    article = make_article(cover=Image.store(buffer.getvalue(), "Nothing"))
    assert picture_of(article).drawn().getpixel((1100, 300)) == paper()


@pytest.mark.django_db
def test_a_full_disk_keeps_nothing_and_still_answers(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*names: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(share_picture.os, "replace", full)
    article = make_article(cover=make_image())
    assert client.get(picture_of(article).url).status_code == 200
    assert files_of(article) == []


# --- Words ----------------------------------------------------------------------------


def test_the_list_of_characters_is_what_the_font_can_write() -> None:
    letters = ImageFont.truetype(FONT, 40)

    def drawn(character: str) -> bytes:
        return bytes(letters.getmask(character))

    box = drawn("\u4e00")
    assert drawn("\u0416") == box
    assert not [one for one in CHARACTERS if drawn(one) == box]
    assert len(CHARACTERS) > 500


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("  Two\n words ", "Two words"),
        ("Łódź, Việt Nam, Žluťoučký", "Łódź, Việt Nam, Žluťoučký"),
        ("Cafe\u0301", "Café"),
        ("co\u00adop\u200b\u2011run", "coop-run"),
        ("We did it 🎉🎉 ❤️", "We did it"),
        ("面接", ""),
        ("a\x07b", ""),
        ("🎉", ""),
        ("", ""),
    ],
)
def test_words_are_written_whole_or_not_at_all(text: str, written: str) -> None:
    assert writable(text) == written


@pytest.mark.parametrize("text", ["Short", LONGEST, "W" * 160, "a " * 80, "Donaudampfschiff " * 9])
def test_a_title_stays_in_its_box(text: str) -> None:
    lines = Lines.fitting(writable(text), 594, 420, range(88, 35, -4))
    assert all(measured(line, lines.size) <= 594 for line in lines.words)
    assert len(lines.words) * round(lines.size * LINE_HEIGHT) <= 420


def test_a_short_title_is_large_and_a_long_one_is_whole() -> None:
    sizes = range(88, 35, -4)
    assert Lines.fitting("Short", 594, 420, sizes).size == 88
    assert " ".join(Lines.fitting(LONGEST, 594, 420, sizes).words) == LONGEST


def test_the_last_line_is_not_left_with_one_word() -> None:
    lines = Lines.fitting("How to read an ad for a job well", 594, 420, range(80, 79, -1))
    assert len(lines.words[-1].split()) > 1


def test_what_fits_in_no_size_is_cut() -> None:
    assert Lines.fitting("many words " * 20, 200, 60, range(30, 29, -1)).words[-1].endswith("…")
