"""Search: what is found, in which order, and how it is shown."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from blog.models import Article
from blog.tests.factories import make_article, make_articles, make_topic

pytestmark = pytest.mark.django_db

ODD_QUERIES = [
    *("%", "_", "'", '"', "%_'\"", "\\", "\x00", "a\x00b", "😀", "\ufffd", "\u202e", "\u00ad"),
    *("x" * 500, "word " * 500, "<script>alert(1)</script>", "' OR 1=1 --"),
    *("a@a." * 25_000, "<" * 1000, "()[]{}*+?^$|", "\r\nSet-Cookie: a=b"),
    *("c++", "(", ")", "foo:bar", '"unbalanced', 'balanced"', '""', '" "', "*", "ad*", "NEAR/2"),
    *("NEAR(ad job)", "AND", "OR", "NOT", "ad AND", "ad OR", "NOT ad", "title:ad", "title : ad"),
    *("-", "--", "-ad", "- ad", "ad -", '-"', '-"job ad"', "ad -job -ad", "+ad", "^ad", "!ad"),
    *(
        "a & b",
        "a | !b",
        "ad <-> job",
        "ad:*",
        "ad:A",
        "a\\'b",
        "''",
        "$$",
        "%s",
        "%(q)s",
        "{title}",
    ),
    *(
        "zqtopic1",
        "1e5x",
        "10.5",
        "-5",
        "a/b/c",
        "x@y.example",
        "http://x/?a=b&c",
        "ﷺ" * 99,
    ),
    *("日本語", "हिन्दी", "العربية", "Ωμέγα", "\U0001d538", "a\u0301\u0302\u0303", "²½①", "İıſß"),
]


def found(client: Client, query: str, **filters: str) -> list[str]:
    context = client.get("/search/", {"q": query, **filters}).context
    return [article.title for article in context["articles"]]


def snippet(client: Client, query: str) -> str:
    return client.get("/search/", {"q": query}).context["articles"][0].snippet


# --- What is found ------------------------------------------------------------------------


def test_without_words_there_is_just_the_form(client: Client) -> None:
    make_article()

    for address in ("/search/", "/search/?q=", "/search/?q=%20%20", "/search/?topic=x&year=2026"):
        response = client.get(address)
        assert response.status_code == 200
        assert list(response.context["articles"]) == []
        assert "Nothing found" not in response.content.decode()


def test_every_word_must_be_there_wherever_it_stands(client: Client) -> None:
    make_article("Interviews by video", body="<p>Look into the camera.</p>")
    make_article("Interviews by phone")

    assert found(client, "camera interviews") == ["Interviews by video"]


@pytest.mark.parametrize("query", ["negotiate", "negotiated", "NEGOTIATING", "negotiations"])
def test_a_word_is_found_in_all_its_forms(client: Client, query: str) -> None:
    make_article(body="<p>Why negotiation pays.</p>")

    assert found(client, query) == ["How to read a job ad"]


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("My résumé", "RESUME"),
        ("My resume", "résumé"),
        ("My re\u0301sume\u0301", "résumé"),
        ("Ärzte und ÄRZTINNEN", "ärztinnen"),
        ("ÉCOLE", "école"),
        ("Ωμέγα", "ΩΜΕΓΑ"),
        ("Łódź", "lodz"),
        ("Smørrebrød", "smorrebrod"),
        ("Straße", "STRASSE"),
        ("İstanbul", "istanbul"),
        ("Москва", "МОСКВА"),
        ("the ﬁrst oﬀer", "first offer"),
        ("care\u00ader", "career"),
        ("career", "ca\u200breer"),
        ("full\u00a0time", "full time"),
        ("don’t", "don't"),
        ("don’t", "dont"),
        ("the recruiter’s view", "recruiter"),
        ("learn C++", "c++"),
        ("learn C#", "c#"),
        ("self-employed", '"self employed"'),
        ("a 10% raise", "10%"),
    ],
)
def test_case_accents_and_what_nobody_sees_make_no_difference(
    client: Client, written: str, query: str
) -> None:
    make_article("Other", body="<p>C or d, in 1 or 2.</p>")
    make_article("Title", body=f"<p>{written}</p>")
    make_article(f"In the title: {written}", body="<p>Text</p>")

    assert set(found(client, query)) == {"Title", f"In the title: {written}"}


def test_a_phrase_is_found_as_it_stands(client: Client) -> None:
    make_article("First", body="<p>Ask for the pay rise you want.</p>")
    make_article("Second", body="<p>A rise in pay.</p>")

    assert found(client, '"pay rise"') == ["First"]
    assert found(client, "“pay rises”") == ["First"]
    assert found(client, '"pay rise') == ["First"]
    assert set(found(client, "pay rise")) == {"First", "Second"}


def test_the_last_word_may_be_unfinished(client: Client) -> None:
    make_article("Negotiation", body="<p>Text</p>")
    make_article("Other", body="<p>They negotiated.</p>")

    assert set(found(client, "negot")) == {"Negotiation", "Other"}
    assert found(client, "negotiat") == ["Negotiation"]
    assert found(client, "negot text") == []
    assert found(client, '"negot"') == []


def test_a_word_with_a_minus_is_left_out(client: Client) -> None:
    make_article("Cover letters", body="<p>Text on letters</p>")
    make_article("Love letters", body="<p>Text on letters</p>")

    assert found(client, "letters -love") == ["Cover letters"]
    assert found(client, 'letters -"love letter"') == ["Cover letters"]
    assert found(client, "-love") == ["Love letters"]


def test_common_words_beside_others_are_not_needed(client: Client) -> None:
    make_article("Salary talks")
    make_article("To be or not", body="<p>That is it.</p>")

    assert found(client, "how do I talk about my salary") == ["Salary talks"]
    assert found(client, "to be or not") == ["To be or not"]


def test_articles_are_found_by_the_names_of_their_topics(client: Client) -> None:
    remote, other = make_topic("Remote work"), make_topic("Offers")
    make_article("At the kitchen table", topics=[remote])
    make_article("At the office", topics=[other])
    make_article("Chained to a desk, remotely")

    assert found(client, "kitchen remote") == ["At the kitchen table"]
    assert found(client, '"remote works"') == ["At the kitchen table"]
    assert found(client, "desk -offer") == ["Chained to a desk, remotely"]
    assert set(found(client, "rem")) == {"At the kitchen table", "Chained to a desk, remotely"}


def test_markup_and_attributes_are_not_searched(client: Client) -> None:
    make_article(body='<p>See <a href="https://secretword.example/">this</a>.</p>')

    assert found(client, "secretword") == []
    assert found(client, "href") == []


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_no_query_is_too_odd(client: Client, query: str) -> None:
    make_article(topics=[make_topic()])

    for values in ({"q": query}, {"topic": query, "q": "ad"}, {"year": query, "q": "ad"}):
        response = client.get("/search/", values)
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()
    assert client.get("/search/suggest/", {"q": query}).status_code == 200


def test_a_very_long_article_is_found(client: Client) -> None:
    make_article("Long", body="<p>" + " ".join(f"word{n}" for n in range(120_000)) + "</p>")

    assert found(client, "word5") == ["Long"]


# --- In which order -----------------------------------------------------------------------


def test_the_title_counts_more_than_the_summary_and_this_more_than_the_text(
    client: Client,
) -> None:
    make_article("Third", body="<p>" + "They pay late. " * 20 + "</p>")
    make_article("Second", summary="What your pay should be.", body="<p>Text</p>")
    make_article("Asking for more pay", body="<p>Text</p>")
    make_article("Fourth", body="<p>Nothing on money.</p>")

    assert found(client, "PAY") == ["Asking for more pay", "Second", "Third"]


def test_a_topic_counts_more_than_the_text(client: Client) -> None:
    make_article("Second", body="<p>Offers come and go.</p>")
    make_article("First", body="<p>Text and more text.</p>", topics=[make_topic("Offers")])

    assert found(client, "offers") == ["First", "Second"]


def test_of_equal_ones_the_one_written_last_comes_first(client: Client) -> None:
    for n in range(15, 0, -1):
        make_article(f"Article {n}", body="<p>Tea</p>")

    first, second = found(client, "tea"), found(client, "tea", page="2")

    assert [*first, *second] == [f"Article {n}" for n in range(1, 16)]


# --- What is shown ------------------------------------------------------------------------


def test_the_words_are_marked_where_they_stand_together(client: Client) -> None:
    filler = "Sentences without meaning. " * 40
    body = f"<p>A salary. {filler}</p><p>Then Négotiate your SALARIES, in public. {filler}</p>"
    make_article("Title", summary="Summary", body=body)

    text = snippet(client, "negotiating salary")

    assert "Then <mark>Négotiate</mark> your <mark>SALARIES</mark>, in public." in text
    assert text.startswith("… ")
    assert text.endswith(" …")
    assert len(text) < 300


def test_the_summary_is_shown_if_it_answers_as_well(client: Client) -> None:
    make_article(summary="Salaries, in short.", body="<p>A salary.</p>")

    assert snippet(client, "salary") == "<mark>Salaries</mark>, in short."


def test_without_words_to_mark_the_summary_is_shown(client: Client) -> None:
    make_article("Salaries", summary="In short.")

    assert snippet(client, "salary") == "In short."


def test_nothing_but_our_marks_is_markup(client: Client) -> None:
    make_article(body="<p>Write &lt;b onclick=x&gt; &amp;amp; salary &lt;mark&gt; here</p>")

    text = snippet(client, "salary")

    assert text == ("Write &lt;b onclick=x&gt; &amp;amp; <mark>salary</mark> &lt;mark&gt; here")


@pytest.mark.parametrize("query", ['"><script>', "<i>", "&lt;i&gt;<i>", "' onfocus=x"])
def test_the_query_is_shown_and_never_markup(client: Client, query: str) -> None:
    html = client.get("/search/", {"q": query}).content.decode()

    assert query not in html
    assert client.get("/search/", {"q": query}).context["query"] == query


def test_a_result_names_its_first_topic_and_its_date(client: Client) -> None:
    second, first = make_topic("Second", position=2), make_topic("First", position=1)
    published_at = datetime(2026, 3, 4, 12, tzinfo=UTC)
    make_article(topics=[second, first], published_at=published_at)

    html = client.get("/search/?q=ad").content.decode()

    assert '<a class="kicker" href="/topics/first/">First</a>' in html
    assert "4 March 2026" in html


def test_results_have_pages_that_keep_the_query_and_the_filters(client: Client) -> None:
    topic = make_topic("Tea")
    published_at = datetime(2025, 6, 1, tzinfo=UTC)
    for n in range(13):
        make_article(f"Tea & talk {n}", topics=[topic], published_at=published_at)

    first = client.get("/search/?q=tea+%26+talk&topic=tea&year=2025").context
    address = "/search/?q=tea+%26+talk&topic=tea&year=2025"
    assert (first["total"], first["page"].next_url) == (13, f"{address}&page=2")

    second = client.get(first["page"].next_url).context
    assert len(second["articles"]) == 1
    assert second["page"].previous_url == address


@pytest.mark.parametrize("number", ["0", "-1", "x", "3", "٣", "99999999999999999999", "\x00", ""])
def test_a_page_that_is_none_is_not_found(client: Client, number: str) -> None:
    make_articles(13)

    assert client.get("/search/", {"q": "article", "page": number}).status_code == 404


def test_results_are_not_for_search_engines(client: Client) -> None:
    html = client.get("/search/?q=pay").content.decode()

    assert '<meta name="robots" content="noindex' in html


# --- Filters ------------------------------------------------------------------------------


def test_a_topic_and_a_year_leave_out_the_rest(client: Client) -> None:
    offers, resumes = make_topic("Offers"), make_topic("Resumes")
    old, new = datetime(2024, 5, 5, tzinfo=UTC), datetime(2026, 5, 5, tzinfo=UTC)
    make_article("Old offer", topics=[offers], published_at=old)
    make_article("New offer", topics=[offers, resumes], published_at=new)
    make_article("New resume, no offer", topics=[resumes], published_at=new)

    assert set(found(client, "offer", topic="offers")) == {"Old offer", "New offer"}
    assert found(client, "offer", topic="offers", year="2026") == ["New offer"]
    assert found(client, "offer", year="2024") == ["Old offer"]
    assert found(client, "offer", topic="nothing", year="1") == found(client, "offer")


def test_only_public_topics_and_their_years_can_be_chosen(client: Client) -> None:
    make_article(topics=[make_topic("Offers")], published_at=datetime(2024, 5, 5, tzinfo=UTC))
    make_article(topics=[make_topic("Resumes")], published_at=datetime(2025, 5, 5, tzinfo=UTC))
    make_article("Old draft", topics=[make_topic("Secrets")], published_at=None)
    make_article("Later", published_at=datetime(2999, 5, 5, tzinfo=UTC))

    response = client.get("/search/?q=ad&topic=secrets")

    assert response.context["around"].years == [2025, 2024]
    assert "Secrets" not in response.content.decode()
    assert len(response.context["articles"]) == 2


def test_a_year_is_one_of_the_sites_own_zone(client: Client, settings: object) -> None:
    settings.TIME_ZONE = "America/New_York"
    make_article("An ad", published_at=datetime(2026, 1, 1, 4, 30, tzinfo=UTC))  # 2025 there

    response = client.get("/search/?q=ad&year=2025")

    assert response.context["around"].years == [2025]
    assert len(response.context["articles"]) == 1


# --- Nothing found ------------------------------------------------------------------------


def test_where_nothing_is_found_there_is_help(client: Client) -> None:
    make_article("A recent one", topics=[make_topic("Offers")])

    html = client.get("/search/?q=zeppelin").content.decode()

    assert "Nothing found for “zeppelin”." in html
    assert "/topics/offers/" in html
    assert "A recent one" in html


def test_what_only_the_filters_hide_is_offered(client: Client) -> None:
    make_article("An offer", topics=[make_topic("Offers")])
    make_article("Other", topics=[make_topic("Resumes")])

    html = client.get("/search/?q=offer&topic=resumes").content.decode()

    assert 'href="/search/?q=offer"' in html


def test_an_empty_site_finds_nothing(client: Client) -> None:
    response = client.get("/search/?q=anything")

    assert response.status_code == 200
    assert response.context["total"] == 0


@pytest.mark.parametrize(
    "address",
    ["/search/?q=article", "/search/?q=artcle", "/search/?q=articl+zzzzz&topic=offers&year=2026"],
)
def test_a_search_costs_five_queries_at_the_most(
    client: Client, django_assert_max_num_queries: Callable, address: str
) -> None:
    make_articles(13, topics=[make_topic("Offers"), make_topic("Resumes")])

    with django_assert_max_num_queries(5):
        assert client.get(address).status_code == 200


def test_a_suggestion_costs_two_queries(
    client: Client, django_assert_num_queries: Callable
) -> None:
    make_articles(3)

    with django_assert_num_queries(2):
        client.get("/search/suggest/?q=arti")
    assert Article.objects.count() == 3
