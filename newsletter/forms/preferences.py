from datetime import date, datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from blog.models import Topic
from blog.navigation import public_topics
from newsletter.forms.sign_up import AddressForm
from newsletter.forms.ticked import TickedRows
from newsletter.models import Preferences, Routine
from newsletter.models.subscriber import Frequency

LONGEST_PAUSE = timedelta(days=366)


class PreferencesForm(forms.Form):
    """How often, and about what."""

    frequency = forms.ChoiceField(
        label="How often",
        choices=Frequency.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how often we may write to you."},
    )
    topics = TickedRows(
        label="About what",
        queryset=Topic.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick none and you get them all, new ones included.",
    )

    def __init__(self, *args: object, chosen: Preferences, **kwargs: object) -> None:
        initial = {"frequency": chosen.frequency, "topics": sorted(chosen.topics or ())}
        super().__init__(*args, initial=initial, **kwargs)
        # What somebody chose stays a choice while the topic has no public article.
        offered = {topic.pk for topic in public_topics(timezone.now())}
        offered |= chosen.topics or set()
        day = Routine.current().get_weekday_display()
        self.fields["frequency"].choices = [
            (Frequency.EVERY, "Each new article, on the day it is published"),
            (Frequency.WEEKLY, f"One mail a week, on {day}, with all that was new"),
        ]
        self.fields["topics"].queryset = Topic.objects.filter(pk__in=offered)

    @property
    def preferences(self) -> Preferences:
        chosen = frozenset(topic.pk for topic in self.cleaned_data["topics"])
        return Preferences(self.cleaned_data["frequency"], chosen or None)


class PauseForm(forms.Form):
    """A rest, up to a day. Days are those of the site's time zone."""

    UNTIL_A_DAY = "day"
    WEEKS = {"1": "One week", "2": "Two weeks", "4": "Four weeks"}

    length = forms.ChoiceField(
        label="For how long",
        choices=[*WEEKS.items(), (UNTIL_A_DAY, "Until the day below")],
        initial="1",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how long the break should be."},
    )
    day = forms.DateField(
        label="First day with mails again",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Type the day as year-month-day, as in 2027-01-31."},
    )

    def clean(self) -> dict[str, object]:
        if self.cleaned_data.get("length") != self.UNTIL_A_DAY or "day" in self.errors:
            return self.cleaned_data
        day, today = self.cleaned_data.get("day"), timezone.localdate()
        if day is None:
            raise ValidationError({"day": "Choose the first day on which you want mails again."})
        if not today < day <= today + LONGEST_PAUSE:
            raise ValidationError({"day": "Choose a day after today, within a year."})
        return self.cleaned_data

    def until(self, now: datetime) -> datetime:
        """The beginning of the first day with mails again."""
        day: date = timezone.localdate(now)
        if self.cleaned_data["length"] == self.UNTIL_A_DAY:
            day = self.cleaned_data["day"]
        else:
            day += timedelta(weeks=int(self.cleaned_data["length"]))
        return datetime.combine(day, time(), timezone.get_default_timezone())


class NewAddressForm(AddressForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Your new email address"
