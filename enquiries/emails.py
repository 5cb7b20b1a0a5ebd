"""The mail that tells staff of an enquiry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from enquiries.models import Enquiry


def send_to_staff(enquiry: Enquiry, to: str, staff_url: str, connection: BaseEmailBackend) -> None:
    """Of what the visitor typed only a checked address reaches a header: Reply-To."""
    context = {"enquiry": enquiry, "staff_url": staff_url}
    message = EmailMultiAlternatives(
        subject=f"New {enquiry.kind} #{enquiry.pk}",
        body=render_to_string("enquiries/mail/enquiry.txt", context).strip() + "\n",
        to=[to],
        reply_to=[enquiry.email] if enquiry.email else None,
        headers={"Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    message.attach_alternative(
        render_to_string("enquiries/mail/enquiry.html", context), "text/html"
    )
    message.send()
