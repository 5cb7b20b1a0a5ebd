"""What providers post to us, in their shapes (from their pages on webhooks), written by hand."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.test import Client

SECRET = "ours:a-long-random-word"
SIGNING_KEY = "the-key-that-mailgun-signs-with"
WHEN_S = 1_772_452_800  # 2026-03-02 12:00 UTC
WHEN = "2026-03-02T12:00:00Z"


def basic(secret: str = SECRET) -> str:
    return "Basic " + base64.b64encode(secret.encode()).decode()


@dataclass
class Post:
    """One call of a provider, ready to be sent, with its proof."""

    esp: str
    body: object
    headers: dict[str, str] = field(default_factory=dict)

    def to(self, client: Client, **more: str) -> HttpResponse:
        text = self.body if isinstance(self.body, str | bytes) else json.dumps(self.body)
        headers = {"Authorization": basic(), **self.headers, **more}
        return client.post(
            f"/anymail/{self.esp}/tracking/", text, content_type="application/json", headers=headers
        )


def mailgun(event: str, to: str, tag: str, message_id: str, **more: object) -> Post:
    """Signs time and token (HMAC-SHA256); the token names the event."""
    token = hashlib.md5(f"{event}{to}{message_id}".encode()).hexdigest()
    mac = hmac.new(SIGNING_KEY.encode(), f"{WHEN_S}{token}".encode(), hashlib.sha256)
    signature = {"timestamp": str(WHEN_S), "token": token, "signature": mac.hexdigest()}
    headers = {"message-id": message_id.strip("<>"), "to": to, "subject": "Numbers"}
    said = {
        "event": event,
        "timestamp": WHEN_S + 0.5,
        "recipient": to,
        "user-variables": {"d": tag} if tag else {},
        "message": {"headers": headers, "size": 20480},
        "delivery-status": {"code": 550, "message": "5.1.1 No such user", "attempt-no": 1},
        **more,
    }
    return Post("mailgun", {"signature": signature, "event-data": said})


def postmark(record: str, to: str, tag: str, message_id: str, **more: object) -> Post:
    when = {"Delivery": "DeliveredAt", "SubscriptionChange": "ChangedAt"}.get(record, "BouncedAt")
    who = "Email" if when == "BouncedAt" else "Recipient"
    said = {
        "RecordType": record,
        "MessageStream": "broadcast",
        "MessageID": message_id,
        who: to,
        when: WHEN,
        "Metadata": {"d": tag} if tag else {},
        "Details": "said by the far server",
        **more,
    }
    return Post("postmark", said)


def sendgrid(event: str, to: str, tag: str, message_id: str, **more: object) -> Post:
    said = {
        "email": to,
        "timestamp": WHEN_S,
        "event": event,
        "sg_event_id": f"{event}-{to}-{message_id}",
        "smtp-id": message_id,
        "d": tag,
        **more,
    }
    return Post("sendgrid", [said])


def amazon_ses(event: str, to: str, tag: str, message_id: str, **more: object) -> Post:
    told = json.dumps({"d": tag})
    mail = {"messageId": message_id, "destination": [to], "timestamp": WHEN}
    mail["headers"] = [{"name": "X-Metadata", "value": told}]
    message = json.dumps({"eventType": event, "mail": mail, **more})
    number = f"{event}-{to}-{message_id}"
    said = {"Type": "Notification", "MessageId": number, "Timestamp": WHEN, "Message": message}
    headers = {"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": number}
    return Post("amazon_ses", said, headers)


def mailjet(event: str, to: str, tag: str, message_id: str, **more: object) -> Post:
    said = {"event": event, "time": WHEN_S, "MessageID": message_id, "email": to}
    return Post("mailjet", [{**said, "Payload": json.dumps({"d": tag}), **more}])


def brevo(event: str, to: str, tag: str, message_id: str, **more: object) -> Post:
    said = {"event": event, "email": to, "message-id": message_id, "ts_epoch": WHEN_S * 1000}
    return Post("brevo", {**said, "X-Mailin-custom": json.dumps({"d": tag}), **more})


def resend(event: str, to: str, tag: str, message_id: str, **more: object) -> Post:
    told = [{"name": "X-Metadata", "value": json.dumps({"d": tag})}]
    said = {"email_id": message_id, "to": [to], "headers": told, "created_at": WHEN, **more}
    number = {"svix-id": f"{event}-{to}-{message_id}"}
    return Post("resend", {"type": event, "created_at": WHEN, "data": said}, number)


def sparkpost(event: str, to: str, tag: str, message_id: str, **more: object) -> Post:
    said = {
        "type": event,
        "event_id": f"{event}-{to}-{message_id}",
        "timestamp": str(WHEN_S),
        "transmission_id": message_id,
        "raw_rcpt_to": to,
        "rcpt_meta": {"d": tag},
        **more,
    }
    group = "unsubscribe_event" if "unsubscribe" in event else "message_event"
    return Post("sparkpost", [{"msys": {group: said}}])


def mailtrap(event: str, to: str, tag: str, message_id: str, **more: object) -> Post:
    said = {"event": event, "email": to, "message_id": message_id, "timestamp": WHEN_S}
    named = {"event_id": f"{event}-{message_id}", "custom_variables": {"d": tag}}
    return Post("mailtrap", {"events": [{**said, **named, **more}]})


Maker = Callable[..., Post]


def ses_bounce(kind: str, to: str = "reader1@example.com") -> dict[str, object]:
    who = [{"emailAddress": to, "diagnosticCode": "smtp; 550"}]
    return {"bounce": {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": who}}


def ses_complaint(kind: str, to: str = "reader1@example.com") -> dict[str, object]:
    who = [{"emailAddress": to}]
    return {"complaint": {"complaintFeedbackType": kind, "complainedRecipients": who}}


RESEND_GONE = {"bounce": {"type": "Permanent", "message": "sent a hard bounce message"}}
RESEND_FULL = {"bounce": {"type": "Transient", "message": "sent a bounce message: inbox full"}}

# (maker, the provider's word, what goes with it, the state, suppressed for good)
CASES: list[tuple[Maker, str, dict, str, bool]] = [
    (mailgun, "delivered", {}, "delivered", False),
    (mailgun, "failed", {"severity": "permanent", "reason": "bounce"}, "bounced", True),
    (mailgun, "failed", {"severity": "permanent", "reason": "generic"}, "bounced", True),
    (mailgun, "failed", {"severity": "temporary", "reason": "generic"}, "accepted", False),
    (mailgun, "complained", {}, "complained", True),
    (postmark, "Delivery", {}, "delivered", False),
    (postmark, "Bounce", {"Type": "HardBounce", "ID": 1}, "bounced", True),
    (postmark, "Bounce", {"Type": "SoftBounce", "ID": 2}, "bounced", False),
    (postmark, "Bounce", {"Type": "SpamNotification", "ID": 3}, "bounced", False),
    (postmark, "Bounce", {"Type": "AutoResponder", "ID": 4}, "accepted", False),
    (postmark, "Bounce", {"Type": "ChallengeVerification", "ID": 5}, "accepted", False),
    (postmark, "Bounce", {"Type": "BadEmailAddress", "ID": 6}, "rejected", True),
    (postmark, "SpamComplaint", {"Type": "SpamComplaint", "ID": 7}, "complained", True),
    (sendgrid, "delivered", {}, "delivered", False),
    (sendgrid, "bounce", {"type": "bounce", "reason": "550 5.1.1 gone"}, "bounced", True),
    (sendgrid, "bounce", {"type": "blocked", "reason": "552 full"}, "bounced", False),
    (sendgrid, "spamreport", {}, "complained", True),
    (sendgrid, "dropped", {"reason": "Spam Reporting Address"}, "rejected", True),
    (sendgrid, "dropped", {"reason": "Bounced Address"}, "rejected", True),
    (amazon_ses, "Send", {"send": {}}, "accepted", False),
    (
        *(amazon_ses, "Delivery", {"delivery": {"recipients": ["reader1@example.com"]}}),
        *("delivered", False),
    ),
    (amazon_ses, "Bounce", ses_bounce("Permanent"), "bounced", True),
    (amazon_ses, "Bounce", ses_bounce("Transient"), "bounced", False),
    (amazon_ses, "Complaint", ses_complaint("abuse"), "complained", True),
    (amazon_ses, "Complaint", ses_complaint("not-spam"), "accepted", False),
    (mailjet, "sent", {"smtp_reply": "250 OK"}, "delivered", False),
    (mailjet, "bounce", {"hard_bounce": True, "error": "user unknown"}, "bounced", True),
    (mailjet, "bounce", {"hard_bounce": False, "error": "quota exceeded"}, "bounced", False),
    (mailjet, "blocked", {"hard_bounce": True, "error": "user unknown"}, "rejected", True),
    (mailjet, "blocked", {"hard_bounce": False, "error": "preblocked"}, "rejected", False),
    (mailjet, "spam", {"source": "JMRPP"}, "complained", True),
    (brevo, "delivered", {}, "delivered", False),
    (brevo, "hard_bounce", {"reason": "550 unknown"}, "bounced", True),
    (brevo, "soft_bounce", {"reason": "452 full"}, "bounced", False),
    (brevo, "blocked", {}, "rejected", False),
    (brevo, "spam", {}, "complained", True),
    (resend, "email.sent", {}, "accepted", False),
    (resend, "email.delivered", {}, "delivered", False),
    (resend, "email.bounced", RESEND_GONE, "bounced", True),
    (resend, "email.bounced", RESEND_FULL, "bounced", False),
    (resend, "email.complained", {}, "complained", True),
    (sparkpost, "delivery", {}, "delivered", False),
    (sparkpost, "bounce", {"bounce_class": "10"}, "bounced", True),
    (sparkpost, "bounce", {"bounce_class": "22"}, "bounced", False),
    (sparkpost, "bounce", {"bounce_class": "51"}, "bounced", False),
    (sparkpost, "bounce", {"bounce_class": "60"}, "accepted", False),
    (sparkpost, "bounce", {"bounce_class": "100"}, "accepted", False),
    (sparkpost, "spam_complaint", {}, "complained", True),
    (mailtrap, "delivery", {}, "delivered", False),
    (mailtrap, "bounce", {}, "bounced", True),
    (mailtrap, "soft bounce", {}, "bounced", False),
]
UNSUBSCRIBES: list[tuple[Maker, str, dict]] = [
    (mailgun, "unsubscribed", {}),
    (postmark, "SubscriptionChange", {"SuppressionReason": "ManualSuppression"}),
    (sendgrid, "unsubscribe", {}),
    (sendgrid, "dropped", {"reason": "Unsubscribed Address"}),
    (mailjet, "unsub", {}),
    (brevo, "unsubscribe", {}),
    (sparkpost, "list_unsubscribe", {}),
    (mailtrap, "unsubscribe", {}),
]
