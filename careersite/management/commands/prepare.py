from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connection

from careersite.checks import refuse_unsafe_start


class Command(BaseCommand):
    help = "Brings the database up to date; while DEBUG is on, loads the demo content once."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        try:
            refuse_unsafe_start()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        call_command("migrate", interactive=False, verbosity=0)
        learn_sizes()
        if settings.DEBUG:
            call_command("seed_demo", once=True, stdout=self.stdout)


def learn_sizes() -> None:
    """PostgreSQL looks by itself at how large its tables are; SQLite has to be asked to."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize=0x10002")
