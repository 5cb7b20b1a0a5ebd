import json
import unicodedata
from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from blog.public_fields import email_field
from blog.site_address import own_path
from blog.visitors import keyed_hash
from enquiries.models import (
    EMAIL_LENGTH,
    NAME_LENGTH,
    PHONE_LENGTH,
    PLACEMENT_LENGTH,
    TEXT_LENGTH,
)

# They turn the reading direction around, so that a line can look like what it is not.
DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
WITHOUT_DIRECTION_MARKS = dict.fromkeys(map(ord, DIRECTION_MARKS))
WHERE_TO_ANSWER = "Type your email address, so that we can answer."


class OneLine(forms.CharField):
    """One line of text: line breaks become blanks; control and direction characters go."""

    def to_python(self, value: object) -> str:
        words = super().to_python(value).translate(WITHOUT_DIRECTION_MARKS).split()
        return " ".join(words_left for word in words if (words_left := printable(word)))


class Paragraphs(forms.CharField):
    """Free text. A browser counts a line break as one character and sends two; we count one."""

    widget = forms.Textarea

    def to_python(self, value: object) -> str:
        lines = super().to_python(value).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return "\n".join(printable(line.replace("\t", "    ")) for line in lines).strip()


def printable(line: str) -> str:
    return "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs"))


def short_name(value: str) -> str:
    """`value` if it could name a place on our pages, and nothing otherwise."""
    is_name = value.isascii() and value.replace("-", "").isalnum()
    return value if is_name and len(value) <= PLACEMENT_LENGTH else ""


class Along(forms.CharField):
    """What comes along unseen. What does not fit is dropped: nobody could correct it."""

    widget = forms.HiddenInput

    def __init__(self, fit: Callable[[str], str]) -> None:
        super().__init__(required=False)
        self.fit = fit

    def clean(self, value: str | None) -> str:
        return self.fit(value or "")


class EnquiryForm(forms.Form):
    """What both forms have in common."""

    source_path = Along(own_path)

    def clean_email(self) -> str:
        address = self.cleaned_data["email"].strip()
        if not address:
            return ""
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValidationError(
                "This does not look like an email address. It should read like name@example.com."
            ) from error
        if not address.isprintable() or any(c in DIRECTION_MARKS for c in address):
            raise ValidationError("This address has characters that cannot be part of one.")
        return address

    def sent_key(self, form_stamp: str) -> str:
        """The same for two presses on one rendered form with the same words in it."""
        content = json.dumps([form_stamp, *self.cleaned_data.items()])
        return keyed_hash(content, type(self).__name__)


class QuestionForm(EnquiryForm):
    text = Paragraphs(
        label="Your question",
        max_length=TEXT_LENGTH,
        error_messages={"required": "Type your question."},
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    name = OneLine(
        label="Your name",
        required=False,
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = email_field(
        WHERE_TO_ANSWER,
        required=False,
        max_length=EMAIL_LENGTH,
        help_text="Only for the answer. Without it we cannot reply.",
    )


class ResumeRequestForm(EnquiryForm):
    name = OneLine(
        label="Your name",
        max_length=NAME_LENGTH,
        error_messages={"required": "Type your name."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = email_field(WHERE_TO_ANSWER, max_length=EMAIL_LENGTH)
    phone = OneLine(
        label="Your phone number",
        required=False,
        max_length=PHONE_LENGTH,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    text = Paragraphs(
        label="Where you are now, and what you need",
        max_length=TEXT_LENGTH,
        help_text="Your last job or two, what you want next, and by when.",
        error_messages={"required": "Tell us in a few words what you need."},
        widget=forms.Textarea(attrs={"rows": 9}),
    )
    placement = Along(short_name)
