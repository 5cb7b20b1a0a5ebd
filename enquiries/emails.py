"""The mail that tells staff of an enquiry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from blog.mails import mail_context, message_id, render_mail

if TYPE_CHECKING:
    from enquiries.models import Enquiry


def send_to_staff(enquiry: Enquiry, to: str, staff_url: str, connection: BaseEmailBackend) -> None:
    """Of what the visitor typed only a checked address reaches a header: Reply-To."""
    subject = f"New {enquiry.kind} #{enquiry.pk}"
    about = {"subject": subject, "enquiry": enquiry, "staff_url": staff_url}
    html, text = render_mail("enquiries/mail/enquiry", {**mail_context(), **about})
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[to],
        reply_to=[enquiry.email] if enquiry.email else None,
        headers={
            "Auto-Submitted": "auto-generated",
            "Message-ID": message_id(f"{enquiry.kind.replace(' ', '-')}-{enquiry.pk}"),
        },
        connection=connection,
    )
    message.attach_alternative(html, "text/html")
    message.send()
