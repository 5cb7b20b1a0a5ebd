"""Log lines that stay one line, whatever a visitor typed (log injection, CVE-2025-48432)."""

import logging

ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\x1b": "\\x1b", "\x00": "\\0"})


class OneLine(logging.Formatter):
    """Escapes line breaks of the message; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.translate(ESCAPES)
        return super().formatMessage(record)
