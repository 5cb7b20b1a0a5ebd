import json
from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from careersite.personal_data import kept_of


class Command(BaseCommand):
    help = "Write, as JSON, all that is kept of the person with this mail address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, email: str, **options: object) -> None:
        try:
            kept = kept_of(email)
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        self.stdout.write(json.dumps(kept, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))
        rows = sum(len(what) for what in kept.values())
        self.stderr.write(f"{rows} kinds of facts." if rows else "Nothing is kept.")
