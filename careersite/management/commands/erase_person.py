from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from careersite.personal_data import erase, has_staff_account

STAFF_ACCOUNT = "A staff account has this address, and stays. It can be deleted under Users."


class Command(BaseCommand):
    help = (
        "Erase all that is kept of the person with this mail address. Campaigns keep their totals, "
        "and a keyed hash stays, so that no import brings the address back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, email: str, **options: object) -> None:
        try:
            counts = erase(email, timezone.now())
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        for what, number in counts.items():
            if number:
                self.stdout.write(f"{number:>6,} {what}")
        gone = "All of it is gone" if any(counts.values()) else "Nothing was kept"
        self.stdout.write(f"{gone}; a hash stays, so that no import brings the address back.")
        if has_staff_account(email.strip()):
            self.stdout.write(STAFF_ACCOUNT)
