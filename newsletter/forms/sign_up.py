from django import forms

from blog.public_fields import email_field
from blog.site_address import own_path
from newsletter.addresses import MAX_LENGTH, clean_address
from newsletter.consent import WORDING, WORDINGS


class AddressForm(forms.Form):
    """One mail address, as a person types it."""

    email = email_field("Type your email address.", max_length=MAX_LENGTH, strip=False)

    def clean_email(self) -> str:
        return clean_address(self.cleaned_data["email"])


class SignUpForm(AddressForm):
    """One field a person fills in. Where the form stood comes along, for the record of consent."""

    # A plain field refuses nothing: what nobody typed must not keep anybody out.
    source = forms.Field(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = WORDINGS[WORDING]

    def clean_source(self) -> str:
        """A path of this site, or nothing: it is shown to staff and believed by nobody."""
        return own_path(self.cleaned_data["source"] or "")
