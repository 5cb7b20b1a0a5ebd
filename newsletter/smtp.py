"""SMTP that remembers whether the message itself was on the wire when something broke, signs what
leaves, and can hand over ready bytes with few words.
"""

import smtplib
from collections.abc import Iterable
from contextlib import suppress

from django.core.mail.backends import smtp

from newsletter.ready_mail import ReadyCopy
from newsletter.signing import signed

LAST_LINE = b".\r\n"
Reply = tuple[int, bytes]


class _Traced:
    """Mixed into smtplib's classes.

    `is_announced`: the server may be waiting for a content of which it has seen nothing. `is_out`:
    it may have all of the content, and no answer has come.
    """

    is_announced = False
    is_out = False

    def data(self, msg: bytes | str) -> Reply:
        self.is_out = True
        answer = super().data(msg)
        self.is_out = False
        return answer

    def sendmail(
        self, from_addr: str, to_addrs: list[str], msg: bytes, *options: Iterable[str]
    ) -> dict[str, Reply]:
        return super().sendmail(from_addr, to_addrs, signed(msg), *options)

    def announce(self, mail: ReadyCopy) -> None:
        """All that comes before the content, in one breath, without waiting for the answers.

        Only where the server offers PIPELINING (RFC 2920); else `hand_over` says it.
        """
        self.ehlo_or_helo_if_needed()
        commands = self._commands(mail)
        if self.has_extn("pipelining"):
            self.is_announced = True
            self.send("\r\n".join((*commands, "")))

    def hand_over(self, mail: ReadyCopy) -> None:
        """Raises what `sendmail` raises."""
        if not self.is_announced:
            self.announce(mail)
        replies = self._replies() if self.is_announced else self._ask_in_turn(self._commands(mail))
        self._refuse_unless_all_agree(replies, mail)
        self.is_out = True
        self.is_announced = False
        self.send(mail.content + LAST_LINE)
        code, answer = self.getreply()
        self.is_out = False
        if code != 250:
            self._begin_anew(code)
            raise smtplib.SMTPDataError(code, answer)

    def _commands(self, mail: ReadyCopy) -> tuple[str, ...]:
        options = " BODY=8BITMIME" if not mail.is_ascii and self.has_extn("8bitmime") else ""
        if self.has_extn("size"):
            options += f" SIZE={len(mail.content)}"
        commands = (f"MAIL FROM:<{mail.sender}>{options}", f"RCPT TO:<{mail.recipient}>", "DATA")
        if any("\r" in command or "\n" in command for command in commands):
            raise ValueError("An address holds a line break.")
        return commands

    def _replies(self) -> list[Reply]:
        """To what was announced; 421 is the last word."""
        replies = []
        while len(replies) < 3 and (not replies or replies[-1][0] != 421):
            replies.append(self.getreply())
        return replies

    def _ask_in_turn(self, commands: tuple[str, ...]) -> list[Reply]:
        """Up to the first that is a no."""
        replies = []
        for command in commands:
            replies.append(self.docmd(command))
            if replies[-1][0] >= 400:
                break
        return replies

    def _refuse_unless_all_agree(self, replies: list[Reply], mail: ReadyCopy) -> None:
        sender, rcpt, data = [*replies, *[(-1, b"")] * 2][:3]
        if sender[0] == 250 and rcpt[0] in (250, 251) and data[0] == 354:
            return
        if data[0] == 354:  # it waits for the content of a mail to nobody
            self.docmd(".")
        refusal = next(reply for reply in replies if reply[0] not in (250, 251, 354))
        self.is_announced = False
        self._begin_anew(refusal[0])
        if refusal is sender:
            raise smtplib.SMTPSenderRefused(*refusal, mail.sender)
        if refusal is rcpt:
            raise smtplib.SMTPRecipientsRefused({mail.recipient: refusal})
        raise smtplib.SMTPDataError(*refusal)

    def _begin_anew(self, code: int) -> None:
        """As `sendmail` does it."""
        if code == 421:
            self.close()
        else:
            self._rset()


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

    def announce(self, mail: ReadyCopy) -> None:
        self.connection.announce(mail)

    def hand_over(self, mail: ReadyCopy) -> None:
        self.connection.hand_over(mail)

    def withdraw(self) -> None:
        """Take back what was announced: where a connection ends within a mail, the server must
        cancel it (RFC 5321, 4.1.1.10). Any word to it would be content by now."""
        if self.connection and (self.connection.is_announced or self.connection.is_out):
            with suppress(OSError):
                self.connection.close()
            self.connection = None

    def close(self) -> None:
        self.withdraw()
        super().close()
