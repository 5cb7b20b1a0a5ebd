from collections.abc import Iterable
from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from newsletter.addresses import address_key
from newsletter.models.subscriber import Subscriber
from newsletter.models.suppression_key import Hasher

# Lifting these would hurt: the one is a reader’s word to the mail provider, the other a promise.
STAYS = {
    "complained": "Who reported a mail as spam is never written to again: mail providers hold it "
    "against a sender. The person can sign up with another address.",
    "erased": "This keeps an import from bringing the address back. The person can sign up again "
    "at any time, with this address too.",
}


class SuppressionQuerySet(models.QuerySet):
    @transaction.atomic
    def add(self, address: str, reason: str, now: datetime | None = None) -> "Suppression":
        """Never send to `address` again, even if its row is erased and typed in anew.

        Mails that wait for this person are dropped. A graver reason takes the place of a lighter
        one, so that it does not matter which was heard first.
        """
        now = now or timezone.now()
        key = address_key(address)
        found, is_new = self.get_or_create(
            address_hash=self.hash_of(address), defaults={"reason": reason, "at": now}
        )
        if not is_new and found.gives_way_to(reason):
            self.filter(pk=found.pk).update(reason=reason)
            found.refresh_from_db()
        people = Subscriber.objects.filter(address_key=key)
        people.filter(suppressed_at__isnull=True).update(
            suppressed_at=now, confirmation_due_at=None
        )
        for person in people:
            person.deliveries.held_back().skip("suppressed", now)
        return found

    @transaction.atomic
    def lift(self, address: str, reason: str) -> bool:
        """Write to `address` again, if `reason` is why we do not. False if it is another one."""
        lifted, _ = self.of(address).filter(reason=reason).delete()
        if lifted:
            people = Subscriber.objects.filter(address_key=address_key(address))
            people.update(suppressed_at=None)
        return bool(lifted)

    def of(self, address: str) -> "SuppressionQuerySet":
        return self.filter(address_hash=self.hash_of(address))

    def covers(self, address: str) -> bool:
        return self.of(address).exists()

    def bars_from_signing_up(self, address: str) -> bool:
        """Whoever was erased may come back by their own hand, and by no import."""
        return self.of(address).exclude(reason=Suppression.Reason.ERASED).exists()

    def hash_of(self, address: str) -> str:
        """What `address` is kept under: what an older key kept moves to the newest one."""
        key, hasher = address_key(address), Hasher.now()
        newest, *older = hasher.hashes(key)
        if not self.filter(address_hash=newest).exists():
            self.filter(pk=self.filter(address_hash__in=older).values("pk")[:1]).update(
                address_hash=newest
            )
        return newest

    def covered(self, address_keys: Iterable[str]) -> list[str]:
        """Those that must not be written to; all of them in one query."""
        by_hash = Hasher.now().by_hash(address_keys)
        kept = self.filter(address_hash__in=by_hash).values_list("address_hash", flat=True)
        return list({by_hash[one] for one in kept})


class Suppression(models.Model):
    """An address that must not get mail. Only its keyed hash is kept, so that it may be erased."""

    class Reason(models.TextChoices):
        NOT_ME = "not_me", "said that somebody else typed the address"
        SOFT_BOUNCED = "soft_bounced", "sent our mails back several times"
        BOUNCED = "bounced", "does not exist"
        COMPLAINED = "complained", "reported a mail as spam"
        ERASED = "erased", "asked to be erased"
        STAFF = "staff", "entered by staff"

    address_hash = models.CharField(max_length=43, unique=True)
    reason = models.CharField(max_length=20, choices=Reason)
    at = models.DateTimeField()

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"An address that {self.get_reason_display()}"

    def gives_way_to(self, reason: str) -> bool:
        """What may be lifted again gives way to all that may not, and a bounce to a complaint."""
        mine = self.Reason(self.reason)
        if mine is self.Reason.ERASED:  # and came back since
            return reason != mine
        if mine is self.Reason.BOUNCED:
            return reason == self.Reason.COMPLAINED
        return mine is self.Reason.SOFT_BOUNCED and reason != mine

    @property
    def why_it_stays(self) -> str:
        """Empty for what staff may lift, when the owner of the address asks for it."""
        return STAYS.get(self.reason, "")

    @property
    def may_be_lifted(self) -> bool:
        return not self.why_it_stays
