from unicodedata import normalize

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from blog.forms.pictures import PICTURE_TYPES, store_picture
from blog.images import BadImage
from blog.models import Author, Topic
from blog.slugs import slug_for


class AddressedForm(forms.ModelForm):
    """For what has a name and an address: left empty, the address is made from the name."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        self.fields["slug"].label = "Address"
        self.fields["slug"].help_text = (
            "The last part of the page’s address. Left empty, it is made from the name. "
            "When you change it, the old address leads to the new one."
        )

    def clean_slug(self) -> str:
        slug = normalize("NFC", self.cleaned_data["slug"])
        name = self.cleaned_data.get("name", "")
        kind = self._meta.model
        fallback = kind._meta.model_name
        return slug or self.initial.get("slug") or slug_for(name, kind.objects.all(), fallback)


class TopicForm(AddressedForm):
    class Meta:
        model = Topic
        fields = ("name", "slug", "introduction", "position", "call_to_action")


class AuthorForm(AddressedForm):
    portrait_file = forms.FileField(
        label="Portrait",
        required=False,
        widget=forms.FileInput(attrs={"accept": PICTURE_TYPES}),
        help_text="Shown as a small circle. Without one, the initials stand in its place.",
    )

    class Meta:
        model = Author
        fields = ("name", "slug", "role", "biography", "user")

    def clean_portrait_file(self) -> UploadedFile | None:
        uploaded = self.cleaned_data["portrait_file"]
        if uploaded:
            try:
                self.instance.portrait = store_picture(uploaded, self.cleaned_data.get("name", ""))
            except BadImage as refusal:
                raise ValidationError(str(refusal)) from refusal
        return uploaded
