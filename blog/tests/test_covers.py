import pytest

from blog.covers import TOPICS, draw_cover
from blog.drawing import HEIGHT, WIDTH

ANY = [*TOPICS, "a-topic-of-the-editors-own"]


@pytest.mark.parametrize("topic", ANY)
def test_each_topic_has_a_cover_of_the_promised_size(topic: str) -> None:
    cover = draw_cover(topic, "an-article")
    assert (cover.mode, cover.size) == ("RGB", (WIDTH, HEIGHT))


def test_the_same_arguments_give_the_same_picture() -> None:
    assert draw_cover("offers", "a").tobytes() == draw_cover("offers", "a").tobytes()


def test_articles_of_one_topic_look_different() -> None:
    pictures = {draw_cover("interviews", f"article-{n}").tobytes() for n in range(6)}
    assert len(pictures) == 6


def test_topics_look_different() -> None:
    pictures = {draw_cover(topic, "an-article").tobytes() for topic in ANY}
    assert len(pictures) == len(ANY)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_cover_is_not_an_empty_board(topic: str) -> None:
    """Every composition draws something, in more than its ground colour."""
    for n in range(8):
        colours = draw_cover(topic, str(n)).resize((160, 90)).getcolors(160 * 90)
        assert colours is not None
        assert max(count for count, _ in colours) < 0.93 * 160 * 90
