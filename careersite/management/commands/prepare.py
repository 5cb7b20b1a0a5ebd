from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from careersite.checks import refuse_unsafe_start


class Command(BaseCommand):
    help = "Brings the database up to date; while DEBUG is on, loads the demo content once."

    def handle(self, **options: Any) -> None:
        refuse_unsafe_start()
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEBUG:
            call_command("seed_demo", once=True, stdout=self.stdout)
