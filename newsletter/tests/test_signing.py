"""What leaves by plain SMTP is signed, and another's code (dkimpy) finds the signature good."""

import re
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.mail import EmailMessage
from django.utils import timezone
from dkim.util import parse_tag_value

from careersite.tests.smtp_sink import Received, SmtpSink
from newsletter.consent import Origin
from newsletter.models import Subscriber
from newsletter.signing import BadKey, canonical_body, read_key
from newsletter.tests.factories import let_workers_run, mail_through, make_mailing, send

pytestmark = pytest.mark.django_db

MUST_COVER = {
    *("from", "to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post"),
}


# Made for these tests with openssl; the other half of dkim/key.pem is what the DNS says.
KEYS = Path(__file__).with_name("dkim")
PUBLIC = (
    b"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDLwTl/4lT4X3Lfvk57wzUf5cbwjxiQcQ2JIfjYiFyH"
    b"/DZGhRZ0MypPnhFRhf5xBlX60/p5v1pAsrvsd0R44IJtVjIvO1A/TW2u8bOTGQYthOnzLyj59cDjxBp4"
    b"1h8ay27LzgUViDuioTGUUfSPmcwUBYNDEDKrSkgtPPquqR/N+wIDAQAB"
)
RECORDS = {b"s1._domainkey.careers.example.": b"v=DKIM1; k=rsa; p=" + PUBLIC}


def is_good(received: Received) -> bool:
    return is_good_content(received.content)


def is_good_content(content: bytes) -> bool:
    return dkim.verify(content, dnsfunc=lambda name, timeout=5: RECORDS.get(name))


@pytest.fixture(autouse=True)
def sink(settings: object, smtp_sink: SmtpSink) -> SmtpSink:
    mail_through(settings, smtp_sink.port)
    settings.DEFAULT_FROM_EMAIL = "Open Seat <news@careers.example>"
    settings.DKIM_PRIVATE_KEY_FILE = str(KEYS / "key.pem")
    settings.DKIM_SELECTOR, settings.DKIM_DOMAIN = "s1", "careers.example"
    return smtp_sink


def covered(received: Received) -> set[str]:
    value = re.search(rb"DKIM-Signature:(.*?)\r\n(?![ \t])", received.content, re.DOTALL)[1]
    return set(parse_tag_value(value)[b"h"].decode().split(":"))


@pytest.mark.parametrize("words", ["<p>Plain</p>", "ü" * 1000, "a \t b  \n\n.\n ", "x" * 1100])
def test_each_copy_of_a_campaign_is_signed_with_both_ways_to_leave(
    sink: SmtpSink, words: str
) -> None:
    campaign = make_mailing(readers=2)
    campaign.html, campaign.subject = campaign.html + words, "“Résumé”, and   two spaces"
    campaign.save()
    assert send(campaign) == 2
    for received in sink.received:
        assert is_good(received)
        assert covered(received) >= MUST_COVER


def test_a_changed_mail_is_found_out(sink: SmtpSink) -> None:
    send(make_mailing())
    content = sink.received[0].content
    for old, new in (
        (b"</html>", b"<p>Send us money.</p></html>"),
        (b"reader1@", b"other@"),
        (b"List-Unsubscribe: <", b"List-Unsubscribe: <x"),
        (b"\r\n\r\n", b"\r\nFrom: other@careers.example\r\n\r\n"),
    ):
        changed = content.replace(old, new, 1)
        assert changed != content
        assert not is_good_content(changed)


def test_a_confirmation_and_any_other_mail_is_signed(sink: SmtpSink) -> None:
    Subscriber.objects.sign_up("new@example.com", Origin(), timezone.now())
    let_workers_run()
    EmailMessage("An answer", "Yes.\n\n\n", to=["ä@example.com"]).send()
    assert len(sink.received) == 2
    for received in sink.received:
        assert is_good(received)
        assert covered(received) >= {"from", "to", "subject", "date", "message-id"}


def test_without_a_key_nothing_is_signed(sink: SmtpSink, settings: object) -> None:
    settings.DKIM_PRIVATE_KEY_FILE = ""
    send(make_mailing())
    assert b"DKIM-Signature" not in sink.received[0].content


def test_a_new_key_in_the_same_file_is_taken(
    sink: SmtpSink, settings: object, tmp_path: Path
) -> None:
    settings.DKIM_PRIVATE_KEY_FILE = str(tmp_path / "key.pem")
    key_file = Path(settings.DKIM_PRIVATE_KEY_FILE)
    key_file.write_bytes((KEYS / "other.pem").read_bytes())
    EmailMessage("Before", "Yes.", to=["a@example.com"]).send()
    key_file.write_bytes((KEYS / "key.pem").read_bytes())
    EmailMessage("After", "Yes.", to=["a@example.com"]).send()
    before, after = sink.received
    assert not is_good(before)
    assert is_good(after)


def test_the_examples_of_the_rfc_become_canonical() -> None:
    """RFC 6376, 3.4.5 and 3.4.4: an empty body stays empty."""
    assert canonical_body(b" C \r\nD \t E\r\n\r\n\r\n") == b" C\r\nD E\r\n"
    assert canonical_body(b"") == canonical_body(b"\r\n\r\n") == b""


def test_what_is_no_key_is_refused() -> None:
    key = (KEYS / "key.pem").read_bytes()
    for rubbish in (b"", b"nonsense", key[:200], b"--\n!\n--"):
        with pytest.raises(BadKey):
            read_key(rubbish)
    with pytest.raises(BadKey, match="short"):
        read_key((KEYS / "short.pem").read_bytes())
    with pytest.raises(BadKey, match="RSA"):
        read_key(ed25519())
    assert read_key(key.replace(b"\n", b"\r\n")).key_size == 1024


def ed25519() -> bytes:
    """Few receivers can check such a signature."""
    no_password = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Ed25519PrivateKey.generate().private_bytes(*no_password)
