"""What the newsletter's tests need, made the way the site makes it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from blog.models import Article, Topic
from blog.public_forms import form_stamp
from blog.tests.factories import make_article
from newsletter import personal_mails, staff_mail, sweeping
from newsletter.consent import Origin
from newsletter.importing.stepping import import_some
from newsletter.models import (
    Campaign,
    ConsentEvent,
    Delivery,
    Letter,
    Preferences,
    Subscriber,
    Suppression,
)
from newsletter.sending.repeating import repeat

LONG_AGO = timedelta(days=30)
TURN_S = 10


def make_subscriber(
    address: str = "reader@example.com",
    *,
    confirmed: bool = True,
    left: bool = False,
    suppressed: bool = False,
    **fields: object,
) -> Subscriber:
    """On the list for a month; or only asked, or left yesterday, or not to be written to."""
    now = timezone.now()
    subscriber = Subscriber.objects.create(
        address=address,
        **{
            "created_at": now - LONG_AGO if confirmed else now,
            "confirmed_at": now - LONG_AGO if confirmed else None,
            "unsubscribed_at": now - timedelta(days=1) if left else None,
            **fields,
        },
    )
    if suppressed:
        Suppression.objects.add(address, Suppression.Reason.COMPLAINED, now)
        subscriber.refresh_from_db()
    return subscriber


def make_subscribers(count: int) -> list[Subscriber]:
    return [make_subscriber(f"reader{n}@example.com") for n in range(1, count + 1)]


def choose(subscriber: Subscriber, *topics: Topic, frequency: str = "every") -> None:
    """By the page of choices; no topic means all of them."""
    wanted = Preferences(frequency, frozenset(topic.pk for topic in topics) or None)
    wanted.keep(subscriber, Origin(), timezone.now())


def make_campaign(article: Article | None = None, **fields: object) -> Campaign:
    """The notice of `article`, begun now and not yet expanded."""
    article = article or make_article(**fields)
    return Campaign.objects.announce(article, timezone.now())


def make_mailing(readers: int = 1, **fields: object) -> Campaign:
    """The notice of a new article, with a mail waiting for each of so many new subscribers."""
    make_subscribers(readers)
    campaign = make_campaign(**fields)
    campaign.expand(timezone.now())
    return campaign


def campaign_with(**counts: int) -> Campaign:
    """Expanded, with so many mails in each state, to nobody in particular."""
    campaign, now = make_campaign(), timezone.now()
    Campaign.objects.filter(pk=campaign.pk).update(expanded_at=now)
    for state, count in counts.items():
        add_mails(campaign, state, count)
    campaign.refresh_from_db()
    return campaign


def add_mails(campaign: Campaign, state: str, count: int) -> None:
    now, first = timezone.now(), campaign.deliveries.count()
    Delivery.objects.bulk_create(
        Delivery(campaign=campaign, address_key=str(first + n), state=state, queued_at=now)
        for n in range(count)
    )


def send(campaign: Campaign) -> int:
    """One worker's turn, here and now. Returns how many mails were tried."""
    return sweeping.send_some(campaign.pk, TURN_S, timezone.now)


def mail_through(settings: object, port: int) -> None:
    """From here on mails go to the SMTP server at `port`."""
    settings.EMAIL_BACKEND = "newsletter.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def filled_in(email: str = "reader@example.com", **more: str) -> dict[str, str]:
    """The sign-up form as a person sends it, ten seconds after it was shown."""
    stamp = form_stamp(timezone.now() - timedelta(seconds=10))
    return {"email": email, "source": "/", "form_stamp": stamp, "website": "", **more}


def let_workers_run(now: datetime | None = None) -> sweeping.Found:
    """One sweep, and all the work it finds, here and at once."""
    now = now or timezone.now()
    found = sweeping.sweep(now)
    for subscriber_id in found.confirmations:
        sweeping.confirm_by_mail(subscriber_id, now)
    for campaign_id in found.pauses:
        staff_mail.tell_of_pause(campaign_id, now)
    for mail_id in found.personal_mails:
        personal_mails.send(mail_id, now)
    for campaign_id in found.campaigns:
        sweeping.send_some(campaign_id, TURN_S, timezone.now)
    for import_id in found.imports:
        import_some(import_id, TURN_S, timezone.now)
    for batch_id in found.batches:
        repeat(batch_id, now)
    return found


def all_rows() -> dict[str, list[dict[str, object]]]:
    """Every row of every table, to compare before and after."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
    }


def at_once(act: Callable[[], object], times: int = 4) -> list[object]:
    """The answers of `act`, done so many times at one moment. Needs `transaction=True`."""
    return together(*[act] * times)


def together(*acts: Callable[[], object]) -> list[object]:
    """The answers of all `acts`, begun at one moment. Needs `transaction=True`."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def staff(*permissions: str, name: str = "ada") -> Client:
    """The browser of somebody on the staff who may do these things."""
    user = User.objects.create_user(name, password="a long enough phrase", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def make_letter(subject: str = "A letter", **fields: object) -> Letter:
    body = '<p>Good news, see <a href="/about/">who we are</a>.</p>'
    return Letter.objects.create(
        subject=subject, **{"preheader": "In short.", "body": body, **fields}
    )


def mailing_to(count: int) -> Campaign:
    """To reader1@… and so on, quickly."""
    then = timezone.now() - LONG_AGO
    addresses = [f"reader{n}@example.com" for n in range(1, count + 1)]
    Subscriber.objects.bulk_create(
        Subscriber(address=a, address_key=a, created_at=then, confirmed_at=then) for a in addresses
    )
    campaign = make_campaign()
    campaign.expand(timezone.now())
    return campaign


def what_it_does(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    if campaign.paused_at:
        return "pauses"
    return "rests" if campaign.rests_until else "sends on"


def events() -> list[str]:
    """What is written down of everybody's consent, the oldest first."""
    return [event.kind for event in ConsentEvent.objects.order_by("pk")]
