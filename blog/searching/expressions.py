"""A query in the language of each database. Terms hold letters and digits only, so nothing in
them can be taken for an operator."""

from blog.searching.query import Query, Term

# How the index names a topic of an article; nobody types such a word.
TOPIC = "zqtopic"


def for_fts5(query: Query) -> str:
    """https://sqlite.org/fts5.html#full_text_query_syntax"""
    wanted = " AND ".join(fts5_term(term) for term in query.terms)
    if query.in_titles:
        wanted = f"{{title heads}} : ({wanted})"
    if not query.excluded:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(map(fts5_term, query.excluded))})"


def fts5_term(term: Term) -> str:
    ways = [f'"{" ".join(term.stems)}"', *(f'"{TOPIC}{pk}"' for pk in term.topics)]
    if term.is_prefix:
        ways.append(f'"{term.words[0]}" *')
    return f"({' OR '.join(ways)})"


def for_tsquery(query: Query) -> str:
    """For `to_tsquery`; the labels after a word are the columns it may stand in."""
    wanted = [tsquery_term(term, query.in_titles) for term in query.terms]
    excluded = [f"!{tsquery_term(term)}" for term in query.excluded]
    return " & ".join(wanted + excluded)


def tsquery_term(term: Term, in_titles: bool = False) -> str:
    label = ":A" if in_titles else ""
    ways = ["(" + " <-> ".join(f"'{word}'{label}" for word in term.stems) + ")"]
    ways += [f"'{TOPIC}{pk}'" for pk in term.topics]
    if term.is_prefix:
        ways.append(f"'{term.words[0]}':*{'AD' if in_titles else ''}")
    return f"({' | '.join(ways)})"
