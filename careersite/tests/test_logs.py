"""What the log says: one line for one event, and no key to anybody's choices."""

import logging

from django.utils import timezone

from careersite.logs import OneLine, without_tokens
from newsletter.tokens import Purpose, issue


def line(message: str, *values: str) -> str:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, message, values, None)
    return OneLine("%(levelname)s %(name)s: %(message)s").format(record)


def test_what_a_visitor_typed_makes_no_second_line() -> None:
    said = line("Not Found: %s", "/a\nWARNING root: all is lost\r\x1b[2J")
    assert said == r"WARNING django.request: Not Found: /a\nWARNING root: all is lost\r\x1b[2J"


def test_a_token_is_left_out() -> None:
    token = issue(Purpose.PREFERENCES, "00" * 16, timezone.now())
    said = line("Bad Request: %s", f"/newsletter/preferences/{token}/")
    assert said.endswith("Bad Request: /newsletter/preferences/(token)/")
    assert line("Not Found: %s", "/articles/" + "a" * 60).endswith("a" * 60)


def test_nor_does_a_report_of_an_error_tell_one() -> None:
    path = f"/newsletter/your-data/{issue(Purpose.YOUR_DATA, '00' * 16, timezone.now())}/"
    event = {
        "request": {"url": f"https://news.example.com{path}", "headers": {"Referer": path}},
        "breadcrumbs": {"values": [{"message": f"Not Found: {path}", "level": None}]},
    }
    clean = "/newsletter/your-data/(token)/"
    assert without_tokens(event, {}) == {
        "request": {"url": f"https://news.example.com{clean}", "headers": {"Referer": clean}},
        "breadcrumbs": {"values": [{"message": f"Not Found: {clean}", "level": None}]},
    }
