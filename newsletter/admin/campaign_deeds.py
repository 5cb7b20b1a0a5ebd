"""What staff can do with a campaign: one button each, by POST, written down in the history."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser

from newsletter.models import Campaign


class Done(NamedTuple):
    """What the person is told, and what the history says; nothing of either if nothing changed."""

    told: str
    noted: str


def pause(campaign: Campaign, by: AbstractBaseUser, now: datetime) -> Done | None:
    if not campaign.pause(f"{by} paused it.", now, tells_staff=False):
        return None
    return Done("It is paused. What is on the wire settles; nothing more goes out.", "Paused.")


def resume(campaign: Campaign, by: AbstractBaseUser, now: datetime) -> Done | None:
    if not (campaign.paused_at or campaign.rests_until) or campaign.cancelled_at:
        return None
    campaign.resume()
    return Done("It goes on.", "Resumed.")


def cancel(campaign: Campaign, by: AbstractBaseUser, now: datetime) -> Done | None:
    if campaign.cancelled_at or campaign.finished_at:
        return None
    campaign.cancel(f"{by} cancelled it.", now)
    told = "It is cancelled. Whoever has not got it yet gets nothing."
    if campaign.letter and campaign.letter.waits_for_a_choice:
        told += " The rest waits for you on the page of the letter."
    return Done(told, "Cancelled.")


def resend_doubtful(campaign: Campaign, by: AbstractBaseUser, now: datetime) -> Done | None:
    number = campaign.resend_doubtful(now)
    told = f"{mails(number)} in doubt go out again. Some people may get it twice."
    return Done(told, f"Sent {mails(number)} in doubt again.") if number else None


def treat_doubtful_as_sent(campaign: Campaign, by: AbstractBaseUser, now: datetime) -> Done | None:
    number = campaign.treat_doubtful_as_sent(now)
    noted = f"Treated {mails(number)} in doubt as sent."
    return Done(f"{mails(number)} in doubt count as sent now.", noted) if number else None


def retry_failed(campaign: Campaign, by: AbstractBaseUser, now: datetime) -> Done | None:
    number = campaign.retry_failed(now)
    noted = f"Tried {mails(number)} that had failed once more."
    return Done(f"{mails(number)} that failed wait for another try.", noted) if number else None


def mails(number: int) -> str:
    return "1 mail" if number == 1 else f"{number:,} mails"


DEEDS: dict[str, Callable[[Campaign, AbstractBaseUser, datetime], Done | None]] = {
    "pause": pause,
    "resume": resume,
    "cancel": cancel,
    "send-again": resend_doubtful,
    "treat-as-sent": treat_doubtful_as_sent,
    "retry": retry_failed,
}
# These cannot be taken back: their form says what they do and sends along that it was read.
NEED_CERTAINTY = {"cancel", "send-again"}
