"""SMTP that remembers whether the message itself was on the wire when something broke."""

import smtplib

from django.core.mail.backends import smtp


class _Traced:
    """Mixed into smtplib's classes: true while the content may be there and no answer has come."""

    is_out = False

    def data(self, msg: bytes | str) -> tuple[int, bytes]:
        self.is_out = True
        answer = super().data(msg)
        self.is_out = False
        return answer


class TracedSMTP(_Traced, smtplib.SMTP):
    pass


class TracedSMTPOverTLS(_Traced, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return TracedSMTPOverTLS if self.use_ssl else TracedSMTP

    @property
    def is_out(self) -> bool:
        """May the server have the message that was being sent?"""
        return bool(self.connection and self.connection.is_out)
