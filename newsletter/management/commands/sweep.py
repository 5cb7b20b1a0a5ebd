from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from blog import indexnow, share_picture
from newsletter import personal_mails, staff_mail, sweeping
from newsletter.importing.stepping import import_some
from newsletter.sending.repeating import repeat

TURN_S = 3600


class Command(BaseCommand):
    help = "Do all that is due now, mails included, without a queue and its workers."

    def handle(self, *args: object, **options: object) -> None:
        found = sweeping.sweep(timezone.now())
        failed = unanswered = confirmed = answered = 0
        for subscriber_id in found.confirmations:
            try:
                confirmed += sweeping.confirm_by_mail(subscriber_id, timezone.now())
            except Exception as error:
                failed += 1
                self.stderr.write(f"A confirmation stays due: {error}")
        for campaign_id in found.pauses:
            staff_mail.tell_of_pause(campaign_id, timezone.now())
        for mail_id in found.personal_mails:
            try:
                answered += personal_mails.send(mail_id, timezone.now())
            except Exception as error:
                unanswered += 1
                self.stderr.write(f"A personal mail stays due: {error}")
        tried = sum(
            sweeping.send_some(campaign_id, TURN_S, timezone.now) for campaign_id in found.campaigns
        )
        for import_id in found.imports:
            import_some(import_id, TURN_S, timezone.now)
        settled = sum(repeat(batch_id, timezone.now()) for batch_id in found.batches)
        share_picture.forget_hidden(timezone.now())
        indexnow.tell(timezone.now())
        self.stdout.write(
            f"Sweep: {found}; sent {confirmed} confirmations, tried {tried} notices, "
            f"sent {answered} personal mails, ended the doubt about {settled} batches."
        )
        if failed:
            raise CommandError(f"{failed} confirmations could not be sent; they stay due.")
        if unanswered:
            raise CommandError(f"{unanswered} personal mails could not be sent; they stay due.")
