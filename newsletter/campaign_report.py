"""What a person wants to know of a campaign: how it stands, how far it got, how fast it goes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from newsletter.models import Campaign, Link, Tally
from newsletter.states import OPEN_STATES, TAKEN_STATES, State

ANSWERED = (State.DELIVERED, State.BOUNCED, State.COMPLAINED)
MOST_REASONS = 8
MOST_LINKS = 100
STEP_HEIGHT, BAR_TOP = 52, 22  # of the drawing, in its units
NOBODY_ELSE = "Nobody who has not got this mail yet will get it."
FIRST_HALF = (
    "The two subjects are compared no further. Those who were to get the better one wait until "
    "somebody sends them the other subject, on the page of the letter; else they get nothing."
)
LAST_HALF = "The other subject is cancelled too, so nobody else will get this letter."
OTHERS_WAIT = (
    "Those who were to get the better subject have got nothing yet: send them the other one on "
    "the page of the letter, or leave it."
)


@dataclass(frozen=True)
class Step:
    """One bar of the funnel."""

    name: str
    number: int
    share: float
    y: int

    @property
    def percent(self) -> str:
        return f"{100 * self.share:.1f}".removesuffix(".0")

    @property
    def words_y(self) -> int:
        return self.y + 15

    @property
    def bar_y(self) -> int:
        return self.y + BAR_TOP


@dataclass(frozen=True)
class Line:
    """One line of the table under it; `state` where people can be listed by it."""

    name: str
    number: int
    state: str = ""
    is_detail: bool = False


@dataclass(frozen=True)
class CampaignReport:
    campaign: Campaign
    tally: Tally
    now: datetime

    @classmethod
    def at(cls, campaign: Campaign, now: datetime) -> "CampaignReport":
        """Counts no more rows than `Tally.of` allows, however many there are."""
        return cls(campaign, Tally.of(campaign, now), now)

    # --- The funnel -------------------------------------------------------------------------

    @property
    def steps(self) -> list[Step]:
        tally = self.tally
        tried = tally.handed_over + tally.number(State.REJECTED, State.FAILED, State.SUBMITTING)
        named = [("Candidates", tally.candidates), ("Tried", tried)]
        named.append(("Taken by the mail server", tally.number(*TAKEN_STATES)))
        if self.has_answers:
            named.append(("Delivered", tally.number(State.DELIVERED, State.COMPLAINED)))
        whole = max(tally.candidates, 1)
        return [
            Step(name, number, number / whole, STEP_HEIGHT * place)
            for place, (name, number) in enumerate(named)
        ]

    @property
    def height(self) -> int:
        return STEP_HEIGHT * len(self.steps)

    @property
    def has_answers(self) -> bool:
        """Has the provider ever said what became of a mail? A plain mail server never does."""
        return bool(self.tally.number(*ANSWERED))

    @property
    def lines(self) -> list[Line]:
        """Each state once, with the reasons of what was skipped; the sum is the candidates."""
        lines = []
        for state in ORDER:
            number = self.tally.number(state)
            if number or state in ALWAYS_SHOWN:
                lines.append(Line(state.label, number, state.value))
            if state == State.SKIPPED:
                lines.extend(self._reasons())
        return lines

    def _reasons(self) -> list[Line]:
        by_number = sorted(self.tally.skipped.items(), key=lambda item: (-item[1], item[0]))
        named = [Line(reason or "no reason given", n, "", True) for reason, n in by_number]
        if others := sum(line.number for line in named[MOST_REASONS:]):
            return [*named[:MOST_REASONS], Line("other reasons", others, "", True)]
        return named

    @property
    def doubtful(self) -> int:
        return self.tally.number(State.IN_DOUBT)

    @property
    def failed(self) -> int:
        return self.tally.number(State.FAILED)

    @property
    def waiting(self) -> int:
        return self.tally.number(*OPEN_STATES)

    # --- How it stands ----------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        return self.campaign.finished_at is None

    @property
    def is_fresh(self) -> bool:
        return self.tally.at == self.now

    @property
    def is_to_come(self) -> bool:
        return self.campaign.status == "scheduled"

    @property
    def may_pause(self) -> bool:
        campaign = self.campaign
        return not self.is_to_come and not (
            campaign.finished_at or campaign.cancelled_at or campaign.paused_at
        )

    @property
    def may_resume(self) -> bool:
        """Also before its rest is over."""
        campaign = self.campaign
        is_held = campaign.paused_at or self._rests
        return bool(is_held) and not (campaign.finished_at or campaign.cancelled_at)

    @property
    def may_cancel(self) -> bool:
        is_over = self.campaign.finished_at or self.campaign.cancelled_at
        return not (is_over or self.is_to_come)

    @property
    def cancel_warning(self) -> str:
        """What cancelling it means, for whom."""
        return " ".join(
            filter(None, (NOBODY_ELSE, self._word_on_the_rest(), "This cannot be taken back."))
        )

    def _word_on_the_rest(self) -> str:
        """Of a letter whose two subjects are compared, and whose rest has got nothing yet."""
        letter = self.campaign.letter
        if not letter or not letter.waits_for_a_choice or self.campaign.cancelled_at:
            return ""
        return LAST_HALF if letter.lost_halves else FIRST_HALF

    @property
    def links(self) -> list[Link]:
        """Those whose presses are counted, the most pressed first."""
        return list(self.campaign.links.with_presses()[:MOST_LINKS])

    @property
    def _rests(self) -> bool:
        until = self.campaign.rests_until
        return until is not None and until > self.now

    @property
    def status(self) -> str:
        if self.campaign.status == "sent" and (self.failed or self.doubtful):
            return "sent, with problems"
        if self.campaign.status == "sending" and self._rests:
            return "resting"
        return self.campaign.status

    @property
    def tone(self) -> str:
        return TONES.get(self.status, "plain")

    @property
    def sentence(self) -> str:
        """The status in a whole sentence or two, with what to do if anything."""
        campaign, tally = self.campaign, self.tally
        out = f"{tally.handed_over:,} of {tally.candidates:,} mails are out"
        match self.status:
            case "scheduled":
                return f"It begins {when(campaign.scheduled_at)}. Its letter can be taken back."
            case "preparing":
                return f"The list is being made: {tally.candidates:,} recipients so far."
            case "sending":
                return f"{out}."
            case "resting":
                return (
                    f"{out}. The mail server wants a rest; it goes on {when(campaign.rests_until)}."
                )
            case "paused":
                return f"{out}. Nothing more goes out until somebody presses “Go on sending”."
            case "cancelled":
                said = f"Cancelled {when(campaign.cancelled_at)}. {out}; the rest was not sent."
                waits = campaign.letter and campaign.letter.waits_for_a_choice
                return f"{said} {OTHERS_WAIT}" if waits else said
            case "sent, with problems":
                return f"Done {when(campaign.finished_at)}. {self._problems()}"
        return f"Done {when(campaign.finished_at)}. {out}."

    def _problems(self) -> str:
        named = [(self.failed, "failed"), (self.doubtful, "in doubt")]
        return "; ".join(f"{number:,} {word}" for number, word in named if number) + ": see below."

    # --- How fast it goes -------------------------------------------------------------------

    @property
    def a_minute(self) -> float | None:
        """Mails a minute: of the last minutes while it is sent, on the whole once it is over."""
        tally = self.tally
        if self.is_live and tally.before_at and tally.at > tally.before_at:
            return per_minute(
                tally.handed_over - tally.before_handed_over, tally.at - tally.before_at
            )
        if tally.first_mail_at and tally.last_mail_at > tally.first_mail_at:
            return per_minute(tally.handed_over, tally.last_mail_at - tally.first_mail_at)
        return None

    @property
    def ends_at(self) -> datetime | None:
        """If it goes on like this. Nothing while it does not."""
        speed = self.a_minute
        if self.status != "sending" or not speed or not self.waiting:
            return None
        minutes = self.waiting / speed
        return self.now + timedelta(minutes=minutes) if minutes < MOST_MINUTES else None


TONES = {
    **{"sent": "good", "cancelled": "bad"},
    **dict.fromkeys(("paused", "resting", "sent, with problems"), "warn"),
}
MOST_MINUTES = 60 * 24 * 365
ALWAYS_SHOWN = {State.QUEUED, State.ACCEPTED, State.SKIPPED, State.IN_DOUBT}
ORDER = (
    *(State.QUEUED, State.CLAIMED, State.SUBMITTING, State.ACCEPTED, State.DELIVERED),
    *(State.BOUNCED, State.COMPLAINED, State.SKIPPED, State.REJECTED, State.FAILED),
    State.IN_DOUBT,
)


def per_minute(number: int, time: timedelta) -> float:
    return max(0, number) / time.total_seconds() * 60


def when(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i")
