"""Fields that several forms on public pages have."""

from django import forms


def email_field(missing: str, **options: object) -> forms.CharField:
    """Where a person types a mail address. What counts as one is for the form to say; `missing`
    is said where there must be one and is none."""
    return forms.CharField(
        label="Your email address",
        error_messages={
            "required": missing,
            "max_length": "This address is too long. Please check it.",
        },
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
        **options,
    )
