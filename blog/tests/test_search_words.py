"""Which words count as the same."""

import pytest

from blog.searching.query import parsed
from blog.searching.stemming import stem
from blog.searching.words import WORD, beginning_with, folded, stems, words


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        *[("caresses", "caress"), ("ponies", "poni"), ("cats", "cat"), ("agreed", "agre")],
        *[("feed", "feed"), ("plastered", "plaster"), ("bled", "bled"), ("motoring", "motor")],
        *[("sing", "sing"), ("conflated", "conflat"), ("troubled", "troubl"), ("sized", "size")],
        *[("hopping", "hop"), ("falling", "fall"), ("hissing", "hiss"), ("filing", "file")],
        *[("happy", "happi"), ("sky", "sky"), ("relational", "relat"), ("rational", "ration")],
        *[("conditional", "condit"), ("vietnamization", "vietnam"), ("operator", "oper")],
        *[("hopefulness", "hope"), ("formality", "formal"), ("sensibility", "sensibl")],
        *[("triplicate", "triplic"), ("formative", "form"), ("goodness", "good")],
        *[("revival", "reviv"), ("adjustable", "adjust"), ("replacement", "replac")],
        *[("adoption", "adopt"), ("rate", "rate"), ("probate", "probat"), ("cease", "ceas")],
        *[("controll", "control"), ("roll", "roll"), ("generalizations", "gener")],
        *[("is", "is"), ("école", "école"), ("a1s", "a1s"), ("", "")],
    ],
)
def test_words_are_stemmed_as_porter_says(word: str, wanted: str) -> None:
    assert stem(word) == wanted


def test_a_text_is_split_into_what_people_call_words() -> None:
    text = "“Don’t” e-mail: C++, C#11 & .NET; a_b 10% (x)"

    assert words(text) == [
        *("dont", "e", "mail", "cplusplus", "csharp", "11", "net", "a", "b", "10", "x"),
    ]


def test_words_of_any_length_end() -> None:
    assert folded("a" * 500) == "a" * 40
    assert stems("ab" * 500) == [("ab" * 20)]


@pytest.mark.parametrize(
    "text", ["Élan vital", "elan", "ﬁne", "Ωmega", "c++ C# coup d’œil", "don’t"]
)
def test_marking_finds_what_the_index_finds(text: str) -> None:
    every = [found[0] for found in WORD.finditer(text)]
    letters = {folded(word)[0] for word in every}

    assert [found[0] for found in beginning_with(letters).finditer(text)] == every


def test_a_query_says_what_it_understood() -> None:
    query = parsed('  how to "ask  for" more-money  -tax  sal ')

    assert query.text == 'how to "ask for" more-money -tax sal'
    assert [term.words for term in query.terms] == [("ask", "for"), ("more", "money"), ("sal",)]
    assert [term.words for term in query.excluded] == [("tax",)]
    assert [term.is_prefix for term in query.terms] == [False, False, True]
    assert not parsed(" \x00 \u200b - ' ")


def test_a_query_without_end_is_cut_and_what_cannot_be_seen_is_not_asked_for() -> None:
    assert len(parsed("word " * 500).terms) == 12
    assert parsed("x" * 500).text == "x" * 200
    assert parsed("a\x00b\u202ec").text == "a b c"
