"""Log lines that stay one line, whatever a visitor typed (log injection, CVE-2025-48432), and that
open no door: the token of a link in a mail stands in the path that is logged."""

import logging
import re

ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\x1b": "\\x1b", "\x00": "\\0"})
# As `newsletter.tokens` writes them.
TOKEN = re.compile(r"(?<![\w-])[\w-]{52}(?![\w-])", re.ASCII)


class OneLine(logging.Formatter):
    """Escapes line breaks of the message and leaves out tokens; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = TOKEN.sub("(token)", record.message.translate(ESCAPES))
        return super().formatMessage(record)
