"""A text on its page: headings that can be linked to, a list of contents, tables that scroll."""

import re

import pytest
from django.test import Client

from blog.importing.markup import markdown
from blog.page_text import PageText
from blog.sanitizer import sanitize
from blog.tests.factories import make_article

FOUR = "".join(f"<h2>Part {n}</h2><p>Text {n}.</p>" for n in "1234")


def anchors(*headings: str) -> list[str]:
    return [one.anchor for one in PageText.of(sanitize("".join(headings))).headings]


def test_a_heading_is_linked_to_by_its_words() -> None:
    html = PageText.of("<h2>What to say &amp; what <em>not</em> to say</h2>").html

    assert html == (
        '<h2 id="text-what-to-say-what-not-to-say">What to say &amp; what <em>not</em> to say</h2>'
    )


def test_the_same_words_twice_have_two_names() -> None:
    assert anchors("<h2>Pay</h2>", "<h3>Pay</h3>", "<h2>Pay</h2>") == [
        *("text-pay", "text-pay-2", "text-pay-3")
    ]


def test_an_editors_own_name_stays_and_is_given_once() -> None:
    body = sanitize('<h2>Pay</h2><h3 id="pay">Money</h3><p id="pay-2">x</p>')
    text = PageText.of(body)

    assert [one.anchor for one in text.headings] == ["text-pay-3", "text-pay"]
    assert text.html.count('id="text-pay"') == 1


def test_the_name_stays_when_other_parts_are_added() -> None:
    assert anchors("<h2>Pay</h2>")[0] in anchors("<h2>New</h2>", "<h2>Pay</h2>")


def test_any_heading_gets_a_name() -> None:
    assert anchors("<h2>Зарплата</h2>", "<h2>💼</h2>", "<h2></h2>", "<h2>…</h2>") == [
        *("text-зарплата", "text-section", "text-section-2", "text-section-3")
    ]


def test_a_long_heading_is_cut_at_a_word() -> None:
    (anchor,) = anchors(f"<h2>{'negotiation ' * 12}</h2>")

    assert anchor == "text-" + "-".join(["negotiation"] * 5)


def test_nothing_else_is_touched() -> None:
    body = sanitize("<p>a &lt;h2&gt; b</p><h5>x</h5><pre>&lt;table&gt;</pre><p>“q” &amp; ü</p>")

    assert PageText.of(body).html == body


def test_a_table_is_framed_and_can_be_reached_by_keyboard() -> None:
    table = "<table><tbody><tr><td>1</td></tr></tbody></table>"
    named = table.replace("<tbody>", "<caption>Pay by &quot;year&quot;</caption><tbody>")
    html = PageText.of(sanitize(f"<p>a</p>{table}<figure>{named}</figure>")).html

    frame = '<div class="table" tabindex="0" role="region" aria-label='
    assert f'<p>a</p>{frame}"Table">{table}</div><figure>' in html
    assert f'{frame}"Table 2: Pay by &quot;year&quot;"><table><caption>' in html
    assert html.endswith("</table></div></figure>")


def test_a_table_in_a_table_keeps_all_its_frames() -> None:
    html = PageText.of(sanitize("<table><tr><td><table><tr><td>x</table></table>")).html

    assert html.count("<div") == html.count("</div>") == 2


def test_a_short_text_has_no_list_of_contents() -> None:
    assert PageText.of("<h2>A</h2><h2>B</h2><h3>C</h3><h2>D</h2><h2></h2>").contents == []


def test_a_long_text_has_one() -> None:
    contents = PageText.of(FOUR + "<h3>Not this</h3>").contents

    assert [(one.text, one.anchor) for one in contents] == [
        (f"Part {n}", f"text-part-{n}") for n in "1234"
    ]


@pytest.mark.django_db
def test_each_line_of_the_contents_leads_to_its_heading(client: Client) -> None:
    article = make_article(body=FOUR.replace("Part 1", "Part <em>1</em> & more"))

    html = client.get(article.get_absolute_url()).content.decode()

    assert 'aria-label="In this article"' in html
    assert '<a href="#text-part-1-more">Part 1 &amp; more</a>' in html
    for anchor in re.findall(r'href="#(text-[^"]+)"', html):
        assert html.count(f'id="{anchor}"') == 1


@pytest.mark.django_db
def test_a_short_article_has_no_contents(client: Client) -> None:
    html = client.get(make_article(body="<h2>One</h2>").get_absolute_url()).content.decode()

    assert "In this article" not in html
    assert '<h2 id="text-one">One</h2>' in html


@pytest.mark.django_db
def test_pages_of_their_own_are_treated_alike(client: Client) -> None:
    assert '<h2 id="text-' in client.get("/privacy/").content.decode()


def test_a_footnote_leads_down_and_back_again() -> None:
    body = sanitize(markdown("Most people wait.[^1]\n\n[^1]: Survey of 2024."))
    html = PageText.of(body).html

    (down,) = re.findall(r'<sup><a href="#(text-fn1)" id="text-fnref1">', html)
    assert f'<li id="{down}">' in html
    assert '<a href="#text-fnref1" aria-label="Back to the text">' in html
    assert sanitize(body) == body


def test_a_long_text_has_two_halves_that_begin_with_a_section() -> None:
    text = PageText.of(sanitize(f"<p>One<br>two</p>{FOUR}"))
    first, second = text.halves

    assert first + second == text.html
    assert second.startswith('<h2 id="text-part-3">')


def test_a_short_text_is_not_parted_nor_one_inside_a_quotation() -> None:
    quoted = f"<blockquote>{FOUR}</blockquote>"
    for body in ("<h2>One</h2><p>x</p>", quoted):
        text = PageText.of(sanitize(body))
        assert text.halves == (text.html, "")
