"""Mail providers as their pages describe them: what each reader would get, and what they answer.

Each is spoken to by the real backend; the words of a call are filled in here as the provider does.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from django.dispatch import Signal

from careersite.tests.provider import Answer, Provider, Request


@dataclass(frozen=True)
class Mail:
    """One reader's mail as it would leave the provider."""

    to: str
    text: str
    html: str
    headers: dict[str, str]
    tag: str


@dataclass(frozen=True)
class StandIn:
    name: str
    backend: str
    settings: Callable[[str], dict[str, str]]
    mails: Callable[[Request], list[Mail]]
    accept: Callable[[list[Mail]], Answer]
    batch_size: int
    key: Callable[[Request], str] = field(default=lambda _: "")

    def use(self, settings: object, provider: Provider, **more: object) -> None:
        settings.EMAIL_BACKEND = self.backend
        settings.ANYMAIL = {**self.settings(provider.url), "REQUESTS_TIMEOUT": (60, 60), **more}
        provider.answer = lambda request: self.accept(self.mails(request))

    def received(self, provider: Provider) -> list[Mail]:
        return [mail for request in provider.requests for mail in self.mails(request)]


# --- Mailgun ------------------------------------------------------------------------------------


def mailgun_mails(request: Request) -> list[Mail]:
    form = parse_qs(request.body.decode())
    variables = json.loads(form.get("recipient-variables", ["{}"])[0])
    return [mailgun_mail(form, to, variables.get(to, {})) for to in form["to"]]


def mailgun_mail(form: dict[str, list[str]], to: str, own: dict[str, str]) -> Mail:
    def filled(name: str) -> str:
        words = form[name][0]
        for key, value in own.items():
            words = words.replace(f"%recipient.{key}%", value)
        return words

    headers = {name[2:]: filled(name) for name in form if name.startswith("h:")}
    return Mail(to, filled("text"), filled("html"), headers, filled("v:d"))


def mailgun_accept(mails: list[Mail]) -> Answer:
    return Answer(200, {"id": "<their-id@example.org>", "message": "Queued. Thank you."})


# --- Mailjet ------------------------------------------------------------------------------------


def mailjet_mails(request: Request) -> list[Mail]:
    call = json.loads(request.body)
    return [mailjet_mail({**call["Globals"], **message}) for message in call["Messages"]]


def mailjet_mail(whole: dict) -> Mail:
    def filled(words: str) -> str:
        if whole.get("TemplateLanguage"):
            for key, value in whole.get("Variables", {}).items():
                words = words.replace("{{var:" + key + "}}", value)
        return words

    [to] = whole["To"]
    tag = json.loads(whole["EventPayload"])["d"]
    text, html = filled(whole["TextPart"]), filled(whole["HTMLPart"])
    return Mail(to["Email"], text, html, whole["Headers"], tag)


def mailjet_accept(mails: list[Mail]) -> Answer:
    """Their answers spell addresses in lower case."""
    done = [{"Email": mail.to.lower(), "MessageID": n} for n, mail in enumerate(mails, 1)]
    return Answer(200, {"Messages": [{"Status": "success", "To": [one]} for one in done]})


# --- SendGrid -----------------------------------------------------------------------------------


def sendgrid_mails(request: Request) -> list[Mail]:
    call = json.loads(request.body)
    return [sendgrid_mail(call, one) for one in call["personalizations"]]


def sendgrid_mail(call: dict, own: dict) -> Mail:
    words = {part["type"]: part["value"] for part in call["content"]}
    for key, value in own.get("substitutions", {}).items():
        words = {kind: word.replace(key, value) for kind, word in words.items()}
    headers = {**call.get("headers", {}), **own.get("headers", {})}
    tag = {**call.get("custom_args", {}), **own["custom_args"]}["d"]
    return Mail(own["to"][0]["email"], words["text/plain"], words["text/html"], headers, tag)


# --- Those who take complete mails --------------------------------------------------------------


def resend_mails(request: Request) -> list[Mail]:
    call = json.loads(request.body)
    return [resend_mail(one) for one in (call if isinstance(call, list) else [call])]


def resend_mail(one: dict) -> Mail:
    tag = json.loads(one["headers"]["X-Metadata"])["d"]
    return Mail(one["to"][0], one["text"], one["html"], one["headers"], tag)


def resend_accept(mails: list[Mail]) -> Answer:
    ids = [{"id": f"their-{n}"} for n in range(1, len(mails) + 1)]
    return Answer(200, ids[0] if len(ids) == 1 else {"data": ids})


def brevo_mails(request: Request) -> list[Mail]:
    call = json.loads(request.body)
    return list(brevo_versions(call))


def brevo_versions(call: dict) -> Iterator[Mail]:
    """The headers of a version take the place of the common ones."""
    for version in call.get("messageVersions", [{}]):
        one = {**call, **version}
        tag = json.loads(one["headers"]["X-Mailin-custom"])["d"]
        text, html = one["textContent"], one["htmlContent"]
        yield Mail(one["to"][0]["email"], text, html, one["headers"], tag)


def brevo_accept(mails: list[Mail]) -> Answer:
    ids = [f"<their-{n}@example.org>" for n in range(1, len(mails) + 1)]
    return Answer(201, {"messageId": ids[0]} if len(ids) == 1 else {"messageIds": ids})


def postmark_mails(request: Request) -> list[Mail]:
    call = json.loads(request.body)
    return [postmark_mail(one) for one in (call if isinstance(call, list) else [call])]


def postmark_mail(one: dict) -> Mail:
    headers = {header["Name"]: header["Value"] for header in one["Headers"]}
    return Mail(one["To"], one["TextBody"], one["HtmlBody"], headers, one["Metadata"]["d"])


def postmark_accept(mails: list[Mail]) -> Answer:
    answers = [postmark_answer(mail, n) for n, mail in enumerate(mails, 1)]
    return Answer(200, answers[0] if len(answers) == 1 else answers)


def postmark_answer(mail: Mail, number: int) -> dict[str, object]:
    return {"ErrorCode": 0, "Message": "OK", "MessageID": f"their-{number}", "To": mail.to}


MAILGUN = StandIn(
    "mailgun",
    "anymail.backends.mailgun.EmailBackend",
    lambda url: {
        "MAILGUN_API_KEY": "key",
        "MAILGUN_API_URL": f"{url}/v3",
        "MAILGUN_SENDER_DOMAIN": "example.org",
    },
    mailgun_mails,
    mailgun_accept,
    1000,
)
MAILJET = StandIn(
    "mailjet",
    "anymail.backends.mailjet.EmailBackend",
    lambda url: {"MAILJET_API_KEY": "k", "MAILJET_SECRET_KEY": "s", "MAILJET_API_URL": url},
    mailjet_mails,
    mailjet_accept,
    50,
)
SENDGRID = StandIn(
    "sendgrid",
    "anymail.backends.sendgrid.EmailBackend",
    lambda url: {"SENDGRID_API_KEY": "key", "SENDGRID_API_URL": url},
    sendgrid_mails,
    lambda _: Answer(202, ""),
    1000,
)
RESEND = StandIn(
    "resend",
    "newsletter.backends.resend.EmailBackend",
    lambda url: {"RESEND_API_KEY": "key", "RESEND_API_URL": url},
    resend_mails,
    resend_accept,
    100,
    lambda request: request.headers.get("Idempotency-Key", ""),
)
BREVO = StandIn(
    "brevo",
    "newsletter.backends.brevo.EmailBackend",
    lambda url: {"BREVO_API_KEY": "key", "BREVO_API_URL": url},
    brevo_mails,
    brevo_accept,
    1000,
    lambda request: json.loads(request.body)["headers"].get("idempotencyKey", ""),
)
POSTMARK = StandIn(
    "postmark",
    "newsletter.backends.postmark.EmailBackend",
    lambda url: {"POSTMARK_SERVER_TOKEN": "token", "POSTMARK_API_URL": url},
    postmark_mails,
    postmark_accept,
    500,
)
ALL = (MAILGUN, MAILJET, SENDGRID, RESEND, BREVO, POSTMARK)
WITH_KEYS = (RESEND, BREVO)


@contextmanager
def listening(signal: Signal, listener: Callable[..., None]) -> Iterator[None]:
    signal.connect(listener)
    try:
        yield
    finally:
        signal.disconnect(listener)
