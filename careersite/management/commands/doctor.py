from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from careersite.doctoring import machine, mail
from careersite.doctoring.finding import Finding, Tone, fine, odd, wrong
from newsletter.sender import is_public, mails_leave, sender_domain

NAME_WIDTH = 12


class Command(BaseCommand):
    help = "Look at all that the site needs, a line each, and say what to do about what is wrong."
    requires_system_checks: tuple[str, ...] = ()  # they are part of what is looked at

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dkim-selector", default="", help="The name of your provider’s DKIM key."
        )

    def handle(self, *args: object, dkim_selector: str, **options: object) -> None:
        selector = dkim_selector or settings.DKIM_SELECTOR
        tones = [self._say(finding) for finding in findings(timezone.now(), selector)]
        if failures := tones.count(Tone.FAIL):
            is_one = failures == 1
            raise CommandError(f"{failures} thing{'' if is_one else 's'} must be put right.")
        self.stdout.write("All that must be right is.")

    def _say(self, finding: Finding) -> Tone:
        style = {Tone.OK: self.style.SUCCESS, Tone.WARN: self.style.WARNING}
        tone = style.get(finding.tone, self.style.ERROR)(f"{finding.tone:4}")
        self.stdout.write(f"{tone}  {finding.name:{NAME_WIDTH}} {finding.words}")
        if finding.advice:
            self.stdout.write(f"{'':{NAME_WIDTH + 6}} → {finding.advice}")
        return finding.tone


def findings(now: datetime, selector: str) -> Iterator[Finding]:
    looks: dict[str, Callable[[], Iterable[Finding]]] = {
        "settings": machine.settings_are_right,
        "database": partial(machine.database, now),
        "broker": partial(machine.broker, now),
        "sweep": partial(machine.sweep_and_worker, now),
        "oldest mail": partial(machine.oldest_mail, now),
        "disk": machine.disk,
        "folders": machine.folders,
        "time zone": partial(machine.clock, now),
        "mail": mail.settings_of_mail,
        "sender": mail.sender,
        "DNS": partial(of_domain, selector, now),
    }
    for name, look in looks.items():
        try:
            yield from look()
        except Exception as error:  # whatever a driver raises, the next thing is looked at
            yield wrong(name, f"does not answer: {type(error).__name__}", "See that it runs.")


def of_domain(selector: str, now: datetime) -> Iterator[Finding]:
    domain = sender_domain()
    if not mails_leave():
        yield fine("DNS", "not looked at, since no mail leaves")
    elif not is_public(domain):
        advice = "Set DEFAULT_FROM_EMAIL to an address of your own domain."
        yield odd("DNS", f"{domain} is no public domain", advice)
    else:
        yield from mail.look_at_records(selector, now)
