from django import forms
from django.core.files.uploadedfile import UploadedFile

from blog.images import BadImage, refuse_size
from blog.models import Image

PICTURE_TYPES = "image/jpeg,image/png,image/webp,image/gif"
COULD_NOT_KEEP = "The picture could not be kept: there is no room for it. Tell your operator."


def store_picture(uploaded: UploadedFile, alternative_text: str = "") -> Image:
    """Raises `BadImage` with words for the person who sent it."""
    refuse_size(uploaded.size)
    uploaded.seek(0)
    try:
        return Image.store(uploaded.read(), alternative_text)
    except OSError as error:
        raise BadImage(COULD_NOT_KEEP) from error


class ImageForm(forms.ModelForm):
    """A new picture is a file and its words. Of one that is there the words change; another file
    is another picture, `replacement`, since what has been shown under an address stays there."""

    picture = forms.FileField(
        widget=forms.FileInput(attrs={"accept": PICTURE_TYPES}),
        help_text="JPEG, PNG, WebP or GIF, at most 15 MB. Its camera’s notes are not kept.",
    )
    replacement: Image | None = None

    class Meta:
        model = Image
        fields = ("alternative_text",)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "picture" in self.fields:
            self.fields["picture"].required = False
            self.fields["picture"].label = "Another one in its place"
            self.fields["picture"].help_text = (
                "All that shows this picture shows the new one then. This one is kept, for mails "
                "that went out and for earlier versions, until you delete it."
            )

    def clean(self) -> dict[str, object]:
        super().clean()
        uploaded = self.cleaned_data.get("picture")
        if uploaded and not self.errors:
            try:
                self._keep(store_picture(uploaded, self.cleaned_data["alternative_text"]))
            except BadImage as refusal:
                self.add_error("picture", str(refusal))
        return self.cleaned_data

    def _keep(self, image: Image) -> None:
        if self.instance.pk and self.instance != image:
            self.replacement = image
        else:
            self.instance = image
