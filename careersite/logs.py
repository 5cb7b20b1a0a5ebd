"""Log lines that stay one line, whatever a visitor typed (log injection, CVE-2025-48432), and that
open no door: the token of a link in a mail stands in the path that is logged."""

import logging
import re

ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\x1b": "\\x1b", "\x00": "\\0"})
# As `newsletter.tokens` writes them.
TOKEN = re.compile(r"(?<![\w-])[\w-]{52}(?![\w-])", re.ASCII)


def without_tokens(said: object, hint: object = None) -> object:
    """The same report, whatever it is made of. As Sentry's `before_send`, which gives a `hint`."""
    if isinstance(said, str):
        return TOKEN.sub("(token)", said)
    if isinstance(said, dict):
        return {name: without_tokens(value) for name, value in said.items()}
    if isinstance(said, list | tuple):
        return type(said)(map(without_tokens, said))
    return said


class OneLine(logging.Formatter):
    """Escapes line breaks of the message and leaves out tokens; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = without_tokens(record.message.translate(ESCAPES))
        return super().formatMessage(record)
