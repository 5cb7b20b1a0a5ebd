from django import forms
from django.core.files.uploadedfile import UploadedFile

from newsletter.importing.storing import SOURCE_LENGTH

# Such a file is tried while somebody waits for the page; a worker takes what is longer.
MOST_AT_ONCE_BYTES = 2 * 1024 * 1024
MAX_BYTES = 100 * 1024 * 1024
TOO_LARGE = (
    "This file is larger than 100 MB. Whoever runs the site can import it whole: "
    "manage.py import_subscribers."
)


class ConsentForm(forms.Form):
    """Where and when the people in a file agreed."""

    source = forms.CharField(
        label="Where they agreed",
        max_length=SOURCE_LENGTH - 30,
        help_text="As you would tell one of them who asks: “Sign-up sheet, job fair in Cork”.",
    )
    date = forms.DateField(
        label="When they agreed",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="For rows that do not say it themselves.",
    )


class ImportForm(ConsentForm):
    file = forms.FileField(
        label="File",
        help_text="CSV with a column named “email”, as other systems export it. "
        "Encoding and separator are guessed. Up to 100 MB.",
    )
    field_order = ("file", "source", "date")

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        return file
