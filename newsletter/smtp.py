"""SMTP that remembers whether the message itself was on the wire when something broke, signs what
leaves, and can hand over ready bytes with few words.
"""

import smtplib
from collections.abc import Iterable

from django.core.mail.backends import smtp

from newsletter.signing import signed

LAST_LINE = b".\r\n"
Reply = tuple[int, bytes]


class _Traced:
    """Mixed into smtplib's classes: true while the content may be there and no answer has come."""

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

    def hand_over(self, sender: str, recipient: str, content: bytes, *, is_ascii: bool) -> None:
        """One mail to one person, both by bare address, in bytes as they are to be on the wire.

        Raises what `sendmail` raises. Where the server offers PIPELINING (RFC 2920), all that
        comes before the content is said in one breath.
        """
        options = " BODY=8BITMIME" if not is_ascii and self.has_extn("8bitmime") else ""
        if self.has_extn("size"):
            options += f" SIZE={len(content)}"
        replies = self._ask_in_turn(
            f"MAIL FROM:<{sender}>{options}",
            f"RCPT TO:<{recipient}>",
            "DATA",
        )
        self._refuse_unless_all_agree(replies, sender, recipient)
        self.is_out = True
        self.send(content + LAST_LINE)
        code, answer = self.getreply()
        self.is_out = False
        if code != 250:
            self._begin_anew(code)
            raise smtplib.SMTPDataError(code, answer)

    def _ask_in_turn(self, *commands: str) -> list[Reply]:
        """The answers; without PIPELINING up to the first that is a no."""
        if any("\r" in command or "\n" in command for command in commands):
            raise ValueError("An address holds a line break.")
        is_pipelined = self.has_extn("pipelining")
        if is_pipelined:
            self.send("".join(f"{command}\r\n" for command in commands))
        replies = []
        for command in commands:
            replies.append(self.getreply() if is_pipelined else self.docmd(command))
            code, _ = replies[-1]
            if code == 421 or (code >= 400 and not is_pipelined):
                break
        return replies

    def _refuse_unless_all_agree(self, replies: list[Reply], sender: str, recipient: str) -> None:
        mail, rcpt, data = [*replies, *[(-1, b"")] * 2][:3]
        if mail[0] == 250 and rcpt[0] in (250, 251) and data[0] == 354:
            return
        if data[0] == 354:  # it waits for the content of a mail to nobody
            self.docmd(".")
        refusal = next(reply for reply in replies if reply[0] not in (250, 251, 354))
        self._begin_anew(refusal[0])
        if refusal is mail:
            raise smtplib.SMTPSenderRefused(*refusal, sender)
        if refusal is rcpt:
            raise smtplib.SMTPRecipientsRefused({recipient: refusal})
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

    def hand_over(self, sender: str, recipient: str, content: bytes, *, is_ascii: bool) -> None:
        self.connection.ehlo_or_helo_if_needed()
        self.connection.hand_over(sender, recipient, content, is_ascii=is_ascii)
