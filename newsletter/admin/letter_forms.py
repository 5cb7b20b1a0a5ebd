"""What staff fill in: a letter, who gets it, and when."""

from datetime import datetime

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from newsletter.audience import Audience
from newsletter.emails.headers import one_line
from newsletter.forms.ticked import TickedRows
from newsletter.models import Letter
from newsletter.models.letter import LARGEST_SHARE
from newsletter.models.subscriber import Frequency
from newsletter.trial import staff_with_addresses

MINUTE_FORMAT = "%Y-%m-%dT%H:%M"
MOST_HOURS = 168


class LetterForm(forms.ModelForm):
    compare_share = forms.IntegerField(
        label="Compare on this share of the people, in percent",
        min_value=2,
        max_value=LARGEST_SHARE,
        initial=20,
        help_text="At 20, one person in ten gets the first subject and one in ten the other.",
    )
    compare_hours = forms.IntegerField(
        label="Compare for so many hours",
        min_value=1,
        max_value=MOST_HOURS,
        initial=4,
        help_text="If pressed links are counted, the rest then gets the subject whose links were "
        "pressed more for each mail; on a tie, the first. If not, the rest waits until you choose: "
        "who opened a mail is never known here.",
    )

    to_everybody = forms.BooleanField(
        label="It is for everybody now",
        required=False,
        help_text="All topics that this letter was for are deleted. Tick another topic above, or "
        "tick this: until then it cannot be sent.",
    )

    class Meta:
        model = Letter
        fields = ("subject", "preheader", "body", "frequency", "topics")
        fields += ("other_subject", "compare_share", "compare_hours", "counts_presses")
        widgets = {
            "subject": forms.Textarea(attrs={"rows": 2}),
            "topics": forms.CheckboxSelectMultiple,
        }
        field_classes = {"topics": TickedRows}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["frequency"].choices = [("", "anything"), *Frequency.choices]
        if not self.instance.has_no_topic_left:
            del self.fields["to_everybody"]

    def clean(self) -> dict[str, object]:
        """Topics that went by themselves are remembered until somebody chooses."""
        cleaned = super().clean()
        if cleaned.get("topics"):
            self.instance.asks_for_topics = True
        elif "to_everybody" not in self.fields or cleaned.get("to_everybody"):
            self.instance.asks_for_topics = False
        return cleaned

    def clean_subject(self) -> str:
        return one_line(self.cleaned_data["subject"])

    def clean_other_subject(self) -> str:
        return one_line(self.cleaned_data["other_subject"])

    def clean_preheader(self) -> str:
        return one_line(self.cleaned_data["preheader"])


class AudienceForm(forms.Form):
    """The part of a letter's form that says who gets it, whatever else stands in it."""

    frequency = forms.ChoiceField(choices=[("", ""), *Frequency.choices], required=False)
    topics = Letter._meta.get_field("topics").formfield(form_class=TickedRows)

    def audience(self) -> Audience:
        topics = frozenset(topic.pk for topic in self.cleaned_data["topics"])
        return Audience(self.cleaned_data["frequency"], topics or None)


class TrialForm(forms.Form):
    """Test mails go to staff and nobody else, whatever the form that was sent says."""

    to = TickedRows(
        staff_with_addresses(),
        label="Send it to",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one of you."},
    )

    def __init__(self, user: AbstractBaseUser, *args: object, **kwargs: object) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["to"].queryset = staff_with_addresses()
        self.fields["to"].label_from_instance = lambda staff: f"{staff} ({staff.email})"
        self.fields["to"].initial = [user.pk]


class SendForm(forms.Form):
    """When it goes out. `tick` is what the tick under today's warnings says."""

    at = forms.DateTimeField(
        label="Goes out at",
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=MINUTE_FORMAT),
        error_messages={"invalid": "This is no date and time."},
    )
    seen = forms.CharField(
        label="I have seen the warnings", required=False, widget=forms.CheckboxInput
    )

    def __init__(self, tick: str, now: datetime, *args: object, **kwargs: object) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.tick, self.now = tick, now
        zone = timezone.get_current_timezone_name()
        self.fields["at"].help_text = f"Time zone: {zone}. Leave it empty for “now”."

    def clean_at(self) -> datetime:
        at = self.cleaned_data["at"]
        if at and at <= self.now:
            raise forms.ValidationError("This is past. Choose a later time, or none for “now”.")
        return at or self.now

    def clean(self) -> None:
        if self.tick and self.data.get("seen") != self.tick:
            self.add_error("seen", "Look at the warnings, then tick that you have seen them.")
