"""What people send us, and what became of it: facts with their times."""

import logging
from datetime import datetime, timedelta
from typing import Self

from anymail.exceptions import AnymailError
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from blog.models import Publication
from blog.site_address import absolute
from enquiries.emails import send_to_staff

logger = logging.getLogger(__name__)

NAME_LENGTH = 80
EMAIL_LENGTH = 254
PHONE_LENGTH = 40
TEXT_LENGTH = 4000
SOURCE_LENGTH = 300
PLACEMENT_LENGTH = 30

# Longer than one task may run; also the pause after a mail that failed.
STAFF_MAIL_LEASE = timedelta(minutes=6)
STAFF_MAILS_A_TURN = 20
MAIL_ERRORS = (OSError, ValueError, AnymailError)  # smtplib's errors are OSErrors


class EnquiryQuerySet(models.QuerySet):
    def receive(self, sent_key: str, facts: dict[str, object]) -> bool:
        """Keep what was sent. False when it is here already: one press came twice."""
        return self.get_or_create(sent_key=sent_key, defaults=facts)[1]

    def genuine(self) -> Self:
        return self.filter(looks_like_spam=False)

    def unanswered(self) -> Self:
        return self.genuine().filter(answered_at__isnull=True)

    def staff_mail_due(self, now: datetime) -> Self:
        """What staff have not been told of, and no worker is telling them now."""
        free = Q(staff_mail_lease_until__isnull=True) | Q(staff_mail_lease_until__lte=now)
        return self.unanswered().filter(free, staff_told_at__isnull=True)

    def tell_staff(self, now: datetime) -> int:
        """Send a mail for each one due, the untried first, and return how many were sent.

        Raises when the mail server cannot be reached; then all of them stay due.
        """
        to = Publication.current().contact_email
        untried_first = F("staff_mail_lease_until").asc(nulls_first=True)
        due = list(self.staff_mail_due(now).order_by(untried_first, "pk")[:STAFF_MAILS_A_TURN])
        if not due or not to:
            return 0
        with get_connection() as connection:
            return sum(enquiry.tell_staff(to, connection, now) for enquiry in due)


class Enquiry(models.Model):
    """What a question and a resume request have in common.

    `sent_key` is made from the form as it was rendered and from what was typed into it.
    """

    text = models.TextField(max_length=TEXT_LENGTH)
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    email = models.EmailField("email address", max_length=EMAIL_LENGTH, blank=True)
    source_path = models.CharField("came from", max_length=SOURCE_LENGTH, blank=True)
    created_at = models.DateTimeField("received", default=timezone.now)
    answered_at = models.DateTimeField("answered", null=True, blank=True)
    staff_note = models.TextField("note for staff", blank=True)
    looks_like_spam = models.BooleanField("is spam", default=False)
    staff_told_at = models.DateTimeField("mailed to staff", null=True, blank=True)
    staff_mail_lease_until = models.DateTimeField(null=True, editable=False)
    sent_key = models.CharField(max_length=43, editable=False)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind.capitalize()} #{self.pk}"

    @property
    def kind(self) -> str:
        return str(self._meta.verbose_name)

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None

    @property
    def status(self) -> str:
        if self.looks_like_spam:
            return "looks like spam"
        return "answered" if self.is_answered else "waiting"

    def details(self) -> list[tuple[str, str]]:
        """What staff read beside the text: names and values, without the empty ones."""
        source = absolute(self.source_path) if self.source_path else ""
        rows = [("Name", self.name), ("Email", self.email), ("Came from", source)]
        return [(label, value) for label, value in rows if value]

    def mark_answered(self, now: datetime) -> bool:
        """False when it was answered before: the first time stays."""
        waiting = type(self).objects.filter(pk=self.pk, answered_at__isnull=True)
        changed = waiting.update(answered_at=now)
        self.refresh_from_db(fields=["answered_at"])
        return bool(changed)

    def claim_staff_mail(self, now: datetime) -> bool:
        """True for the one worker that may send the mail now."""
        mine = type(self).objects.staff_mail_due(now).filter(pk=self.pk)
        return bool(mine.update(staff_mail_lease_until=now + STAFF_MAIL_LEASE))

    def tell_staff(self, to: str, connection: BaseEmailBackend, now: datetime) -> bool:
        """Send staff the mail about this, unless another worker does. After a failure it stays
        due, and its turn comes again when the lease is over."""
        if not self.claim_staff_mail(now):
            return False
        try:
            send_to_staff(self, to, self.staff_url, connection)
        except MAIL_ERRORS as error:
            logger.warning("%s: the mail to staff failed, we try again later: %s", self, error)
            return False
        type(self).objects.filter(pk=self.pk).update(
            staff_told_at=timezone.now(), staff_mail_lease_until=None
        )
        return True

    @property
    def staff_url(self) -> str:
        name = f"admin:{self._meta.app_label}_{self._meta.model_name}_change"
        return absolute(reverse(name, args=[self.pk]))


class Question(Enquiry):
    """Something a reader wants to know. An address is welcome but not asked for."""

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["sent_key"], name="one_question_per_form_and_text"),
            models.CheckConstraint(condition=~Q(text=""), name="a_question_has_a_text"),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(staff_told_at__isnull=True, answered_at__isnull=True),
                name="question_to_tell_staff",
            )
        ]


class ResumeRequest(Enquiry):
    """Somebody who wants help with a resume. `text`: where they stand and what they need."""

    phone = models.CharField(max_length=PHONE_LENGTH, blank=True)
    placement = models.CharField(max_length=PLACEMENT_LENGTH, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "resume request"
        constraints = [
            models.UniqueConstraint(
                fields=["sent_key"], name="one_resume_request_per_form_and_text"
            ),
            models.CheckConstraint(
                condition=~Q(text="") & ~Q(name="") & ~Q(email=""),
                name="a_resume_request_says_who_and_what",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(staff_told_at__isnull=True, answered_at__isnull=True),
                name="resume_request_to_tell_staff",
            )
        ]

    def details(self) -> list[tuple[str, str]]:
        more = [("Phone", self.phone), ("Button", self.placement)]
        return super().details() + [(label, value) for label, value in more if value]
