from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction

from newsletter.addresses import MAX_LENGTH, address_key
from newsletter.consent import Origin
from newsletter.models.personal_mail import PersonalMail
from newsletter.models.subscriber import Subscriber, new_handle
from newsletter.models.suppression import Suppression
from newsletter.tokens import BadToken, Purpose, issue, read

KEPT_FOR = timedelta(days=30)
A_DAY = 3


class AddressChangeQuerySet(models.QuerySet):
    def by_token(self, text: str, now: datetime) -> AddressChange:
        """The change a link was made for. Raises `BadToken` for every link that is not good."""
        token = read(Purpose.ADDRESS_CHANGE, text, now)
        found = self.filter(handle=token.handle).select_related("subscriber").first()
        if found is None or not (found.made_at or found.subscriber.is_on_the_list):
            raise BadToken("no such change")
        return found

    @transaction.atomic
    def ask(
        self, subscriber: Subscriber, address: str, origin: Origin, now: datetime
    ) -> AddressChange | None:
        """Note the wish; a question to the new address becomes due. An earlier wish is dropped
        with its link. None after `A_DAY` wishes today.

        Whoever has that address, the same is written down: neither what the person finds of it
        later nor an earlier link may tell who is on the list. Only the mail stays away then.
        """
        Subscriber.objects.select_for_update(no_key=True).get(pk=subscriber.pk)
        today = {"kind": "address_asked", "at__gt": now - timedelta(days=1)}
        if subscriber.consent_events.filter(**today).count() >= A_DAY:
            return None
        self.filter(subscriber=subscriber, made_at__isnull=True).delete()
        change = self.create(subscriber=subscriber, address=address, asked_at=now)
        subscriber.note("address_asked", origin, now)
        PersonalMail.objects.make_due(
            PersonalMail.Kind.ADDRESS_CHANGE, subscriber, now, address=address, change=change
        )
        return change

    def forget_old(self, now: datetime) -> int:
        return self.filter(asked_at__lt=now - KEPT_FOR).delete()[0]


class AddressChange(models.Model):
    """Somebody's wish to get the mails elsewhere; it comes true when the new mailbox says yes."""

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="address_changes"
    )
    address = models.CharField(max_length=MAX_LENGTH)
    handle = models.CharField(max_length=32, default=new_handle, unique=True, editable=False)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)

    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber"],
                condition=models.Q(made_at__isnull=True),
                name="one_address_change_waits_per_subscriber",
            )
        ]

    def __str__(self) -> str:
        return f"A change of address of subscriber {self.subscriber_id}"

    def token(self, now: datetime) -> str:
        return issue(Purpose.ADDRESS_CHANGE, self.handle, now)

    @property
    def is_barred(self) -> bool:
        """Somebody has that address, or wants no mail there."""
        is_taken = Subscriber.objects.filter(address_key=address_key(self.address)).exists()
        return is_taken or Suppression.objects.covers(self.address)

    def make(self, origin: Origin, now: datetime) -> bool:
        """The new mailbox said yes. False if the address has become somebody else's meanwhile,
        or must not be written to, or the person has left; then all stays as it was. A repetition
        changes nothing.
        """
        try:
            with transaction.atomic():
                return self._make(origin, now)
        except (IntegrityError, Subscriber.DoesNotExist):  # `one_subscriber_per_address`
            return False

    def _make(self, origin: Origin, now: datetime) -> bool:
        if Suppression.objects.covers(self.address):
            return False
        person = Subscriber.objects.filter(pk=self.subscriber_id)
        former = person.mailable().select_for_update(no_key=True).get().address
        waiting = AddressChange.objects.filter(pk=self.pk, made_at__isnull=True)
        if not waiting.update(made_at=now):
            return True
        key = address_key(self.address)
        person.update(address=self.address, address_key=key)
        self.subscriber.move_waiting_mails(self.address, key, now)
        self.subscriber.note("address_changed", origin, now, f"from {former} to {self.address}")
        PersonalMail.objects.make_due(
            PersonalMail.Kind.ADDRESS_CHANGED, self.subscriber, now, address=former, change=self
        )
        self.refresh_from_db()
        return True
