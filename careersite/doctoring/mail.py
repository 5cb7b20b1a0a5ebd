"""How the mails leave, and whether those who receive them can trust where they come from."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from careersite.checks import mail_backend_is_complete, webhooks_are_guarded
from careersite.doctoring.finding import Finding, Tone, fine, odd, wrong
from careersite.doctoring.records import (
    CannotLookUp,
    LookUp,
    are_aligned,
    ask_the_world,
    belongs_to,
    dkim_key_of,
    dmarc_of,
    spf_of,
)
from newsletter import providers
from newsletter.models import SenderRecord
from newsletter.sender import (
    are_related,
    is_no_reply,
    mails_leave,
    sender_address,
    sender_domain,
)


def settings_of_mail() -> Iterator[Finding]:
    if not mails_leave():
        advice = "Set EMAIL_URL, or ANYMAIL_ESP with its keys, when people are to get mail."
        yield odd("mail", "no mail leaves: all go to files or nowhere", advice)
    elif not mail_backend_is_complete():
        yield wrong("mail", "the provider’s keys are missing", "Set its ANYMAIL_… settings.")
    else:
        yield fine("mail", f"leaves by {way_out()}")
    if not webhooks_are_guarded():
        advice = "Set ANYMAIL_WEBHOOK_SECRET=USER:PASSWORD and give it to the provider, too."
        yield wrong("webhooks", "anybody could tell us that mails came back", advice)
    elif providers.current():
        yield fine("webhooks", "the provider has to prove who it is")


def way_out() -> str:
    if provider := providers.current():
        size = provider.most_a_call()
        return f"{provider.title}, {f'up to {size} mails' if size > 1 else 'one mail'} a call"
    return f"the mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"


def sender() -> Iterator[Finding]:
    domain = sender_domain()
    if are_related(domain, settings.SITE_HOST):
        yield fine("sender", f"{sender_address()} belongs to {settings.SITE_HOST}")
    else:
        advice = (
            "If both are yours, all is well. Else mails from another domain than their links look "
            "forged: use one of your own."
        )
        yield odd("sender", f"{domain} is not the domain of {settings.SITE_HOST}", advice)
    if is_no_reply(sender_address()):
        advice = "Use an address that somebody reads: answers tell mailbox providers of trust."
        yield odd("sender", f"{sender_address()} cannot be answered", advice)


def look_at_records(selector: str, now: datetime) -> Iterator[Finding]:
    """What the world knows of the sender’s domain, if this machine can see the world."""
    try:
        look_up = ask_the_world()
    except CannotLookUp as error:
        keep_silence(sender_domain(), ("SPF", "DKIM", "DMARC"), error, now)
        yield cannot("DNS", error)
        return
    yield from domain_records(look_up, selector, now)


def domain_records(look_up: LookUp, selector: str, now: datetime) -> Iterator[Finding]:
    """SPF, DKIM and DMARC of the sender’s domain, each by itself, and kept for the editors."""
    domain = sender_domain()
    looks = {
        "SPF": lambda: spf(domain, look_up),
        "DKIM": lambda: dkim(settings.DKIM_DOMAIN, selector, look_up),
        "DMARC": lambda: dmarc(domain, look_up),
    }
    for name, look in looks.items():
        try:
            found = list(look())
        except CannotLookUp as error:
            keep_silence(domain, [name], error, now)
            yield cannot(name, error)
            continue
        if name != "DKIM" or selector:
            with suppress(DatabaseError):  # of which another line tells
                keep(domain, name, found, now)
        yield from found


def keep(domain: str, name: str, found: list[Finding], now: datetime) -> None:
    """What editors see before they send."""
    worst = max(found, key=lambda finding: list(Tone).index(finding.tone))
    SenderRecord.objects.note(domain, name, worst.tone != Tone.FAIL, worst.words, now)


def keep_silence(domain: str, names: Iterable[str], error: CannotLookUp, now: datetime) -> None:
    """What was seen before says more, and stays."""
    with suppress(DatabaseError):
        for name in names:
            words = f"could not be looked up: {error}"
            SenderRecord.objects.note_silence(domain, name, words, now)


def cannot(name: str, error: CannotLookUp) -> Finding:
    advice = "That says nothing of the record. Look from a machine that sees the world’s DNS."
    return odd(name, f"cannot look up ({error})", advice)


def spf(domain: str, look_up: LookUp) -> Iterator[Finding]:
    found = spf_of(domain, look_up)
    if not found:
        advice = f"Publish a TXT record at {domain} that begins with v=spf1, as your provider says."
        yield wrong("SPF", f"{domain} has none", advice)
    elif len(found) > 1:
        yield wrong("SPF", f"{domain} has {len(found)}; two count as none", "Make one of them.")
    elif found[0].split()[-1] in ("+all", "all"):
        advice = "End it with ~all or -all."
        yield odd("SPF", f"{domain} lets the whole world send in its name", advice)
    else:
        yield fine("SPF", f"{domain}: {found[0][:120]}")


def dkim(domain: str, selector: str, look_up: LookUp) -> Iterator[Finding]:
    if not selector:
        advice = "If your provider or mail server signs, try --dkim-selector with what it names."
        yield odd("DKIM", "no selector is set here, so nothing was looked up", advice)
        return
    name, key = f"{selector}._domainkey.{domain}", dkim_key_of(selector, domain, look_up)
    own_key = settings.DKIM_PRIVATE_KEY_FILE
    if not key:
        what = "was withdrawn" if key == "" else "has none"
        yield wrong("DKIM", f"{name} {what}", "Publish the public key there as a TXT record.")
    elif own_key and not belongs_to(key, Path(own_key)):
        advice = "Publish the other half of DKIM_PRIVATE_KEY_FILE: signatures fail now."
        yield wrong("DKIM", f"{name} holds another key than ours", advice)
    else:
        yield fine("DKIM", f"{name} holds {'our' if own_key else 'a'} key")
    if not are_aligned(domain, sender_domain(), look_up):
        advice = "DMARC wants them to belong together. Sign with the sender’s domain."
        yield wrong("DKIM", f"signs for {domain}, but mails come from {sender_domain()}", advice)


def dmarc(domain: str, look_up: LookUp) -> Iterator[Finding]:
    tags = dmarc_of(domain, look_up)
    policy = tags.get("p", "").lower()
    if not tags:
        advice = f"Publish a TXT record at _dmarc.{domain}; begin with: v=DMARC1; p=none"
        yield wrong("DMARC", f"{domain} has none; large providers refuse bulk mail then", advice)
    elif policy not in ("none", "quarantine", "reject"):
        yield wrong("DMARC", f"its policy “{policy}” is no policy", "Give p=none or stricter.")
    elif policy == "none":
        advice = "Enough for providers. Once reports look well, p=quarantine keeps forgers out."
        yield odd("DMARC", "is there, and asks for nothing (p=none)", advice)
    else:
        yield fine("DMARC", f"is there, with p={policy}")
