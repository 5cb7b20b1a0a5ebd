"""What an article needs before the public may see it, and what each button asks for."""

from datetime import datetime
from enum import StrEnum
from unicodedata import normalize

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from blog.forms.pictures import PICTURE_TYPES, store_picture
from blog.images import BadImage
from blog.models import Article, Author, Image
from blog.plain_text import plain_text
from blog.sanitizer import PICTURE, sanitize
from blog.slugs import slug_for

MINUTE_FORMAT = "%Y-%m-%dT%H:%M"
AT_ONCE = ("slug", "goes_public_at", "expires_at", "wants_notice")
COUNTS_AT_ONCE = "This counts at once. Put it back as it was, or press “Publish changes”."


class Press(StrEnum):
    """The buttons of the article's page, by their names."""

    SAVE = "_save"
    KEEP_BACK = "_keep_back"  # changes to a public article that the public does not see yet
    PUBLISH = "_publish"  # at the given date if that is to come, now otherwise
    PUBLISH_NOW = "_publish_now"
    WITHDRAW = "_withdraw"

    @classmethod
    def of(cls, data: dict[str, object]) -> "Press":
        return next((press for press in cls if press in data), cls.SAVE)


class MinuteInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=MINUTE_FORMAT)


class ArticleForm(forms.ModelForm):
    """A draft needs a title and nothing else; what the public sees needs `NEEDED`.

    `user` is set by the admin. Nothing that was typed or sent is lost by an error: a picture is
    kept at once, and the form that comes back names it.
    """

    user: AbstractBaseUser
    NEEDED = {
        "title": "a title",
        "summary": "a summary",
        "body": "a text",
        "topics": "a topic",
        "cover_alternative_text": "words for what the cover picture shows",
    }

    # Unique for each sheet of paper, so to speak: sent twice, it makes one article.
    sheet = forms.UUIDField(widget=forms.HiddenInput, required=False)
    cover = forms.ModelChoiceField(
        Image.objects.all(), widget=forms.HiddenInput, required=False, blank=True
    )
    cover_file = forms.FileField(
        label="Cover picture",
        required=False,
        widget=forms.FileInput(attrs={"accept": PICTURE_TYPES}),
        help_text="JPEG, PNG, WebP or GIF, best at 1600 × 900. Stands above the text and in lists.",
    )
    cover_alternative_text = forms.CharField(
        label="What it shows",
        max_length=250,
        required=False,
        help_text="For those who cannot see the picture.",
    )
    cover_removed = forms.BooleanField(label="Use no cover picture", required=False)
    original_url = forms.URLField(
        label="First published at",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="If it appeared on another site first: its address there. Search engines are "
        "sent to it, and our sitemap leaves the article out.",
    )
    goes_public_at = forms.DateTimeField(label="Goes public at", required=False, widget=MinuteInput)
    expires_at = forms.DateTimeField(label="Taken down at", required=False, widget=MinuteInput)

    class Meta:
        model = Article
        fields = ("title", "slug", "summary", "body", "topics", "author", "cover", "expires_at")
        fields += ("wants_notice", "series", "series_part", "original_url")
        widgets = {
            "title": forms.Textarea(attrs={"rows": 2}),
            "summary": forms.Textarea(attrs={"rows": 3}),
            "topics": forms.CheckboxSelectMultiple,
        }
        error_messages = {"title": {"required": "Give the article a title."}}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.press = self._pressed()
        self.pictures_left_out = self.pictures_without_words = 0
        zone = f"Time zone: {timezone.get_current_timezone_name()}."
        self.fields["goes_public_at"].help_text = f"{zone} Leave it empty for “now”."
        self.fields["expires_at"].help_text = f"{zone} Leave it empty to keep it for good."
        if self.instance.is_public:
            self.fields["goes_public_at"].label = "Public since"
            self.fields["goes_public_at"].help_text = zone
        self.fields["author"].required = False
        self.initial.update(self._first_values())

    def _pressed(self) -> Press:
        """Of what the public does not see, nothing has to be kept back from it."""
        press = Press.of(self.data)
        return Press.SAVE if press == Press.KEEP_BACK and not self.instance.is_public else press

    def _first_values(self) -> dict[str, object]:
        article = self.instance
        if article.pk is None:
            author = Author.objects.filter(user=self.user).first()
            return {"author": author and author.pk, "sheet": article.uid}
        return {
            "sheet": article.uid,
            "cover_alternative_text": article.cover.alternative_text if article.cover else "",
            "goes_public_at": article.published_at or article.planned_for,
            **({"topics": article.shown.content["topics"]} if article.shown else {}),
        }

    def clean_title(self) -> str:
        """On one line, however it was typed or pasted."""
        return " ".join(self.cleaned_data["title"].split())

    def clean_summary(self) -> str:
        return " ".join(self.cleaned_data["summary"].split())

    def clean_slug(self) -> str:
        """Emptied, a draft's address is made anew from its title; a public one stays."""
        slug = normalize("NFC", self.cleaned_data["slug"])
        if not slug and self.instance.pk and not self.instance.is_draft:
            return self.initial["slug"]
        others = Article.objects.exclude(pk=self.instance.pk)
        return slug or slug_for(self.cleaned_data.get("title", ""), others, "article")

    def clean_author(self) -> Author | None:
        given = self.cleaned_data["author"]
        return given or (self.instance.author if self.instance.author_id else None)

    def clean_body(self) -> str:
        typed = self.cleaned_data["body"]
        body = sanitize(typed)
        pictures = PICTURE.findall(body)
        self.pictures_left_out = max(0, typed.count("<img") - len(pictures))
        self.pictures_without_words = sum(' alt="' not in p or ' alt=""' in p for p in pictures)
        return body

    def clean_goes_public_at(self) -> datetime | None:
        """The field shows minutes; an untouched date keeps its seconds."""
        at, known = self.cleaned_data["goes_public_at"], self.initial.get("goes_public_at")
        if at and known and at == known.replace(second=0, microsecond=0):
            return known
        return at

    def clean(self) -> dict[str, object]:
        super().clean()
        self._keep_cover()
        self._check_dates()
        if self.press == Press.KEEP_BACK:
            self._refuse_what_counts_at_once()
        if self._is_for_the_public():
            self._demand_all()
        return self.cleaned_data

    def _is_for_the_public(self) -> bool:
        if self.press in (Press.PUBLISH, Press.PUBLISH_NOW):
            return True
        return self.press == Press.SAVE and not self.instance.is_draft

    def _keep_cover(self) -> None:
        uploaded = self.cleaned_data.get("cover_file")
        if uploaded:
            self._store_cover(uploaded)
        elif self.cleaned_data.get("cover_removed"):
            self.cleaned_data["cover"] = None
        elif self.add_prefix("cover") not in self.data:
            self.cleaned_data["cover"] = self.instance.cover

    def _store_cover(self, uploaded: UploadedFile) -> None:
        if not self.user.has_perm("blog.add_image"):
            return self.add_error("cover_file", "You may not add pictures.")
        try:
            words = self.cleaned_data.get("cover_alternative_text", "")
            cover = store_picture(uploaded, words)
        except BadImage as refusal:
            return self.add_error("cover_file", str(refusal))
        self.cleaned_data["cover"] = cover
        self.data = self.data.copy()
        self.data[self.add_prefix("cover")] = cover.pk

    def _check_dates(self) -> None:
        article, at = self.instance, self.cleaned_data.get("goes_public_at")
        now = timezone.now()
        if article.is_draft:
            self._check_expiry(self.planned_publication(now) if self._is_for_the_public() else at)
        elif self.press == Press.SAVE and at:
            self._move(at, now)

    def _refuse_what_counts_at_once(self) -> None:
        """It is no part of what a version keeps back."""
        names = [*AT_ONCE]
        if self.cleaned_data.get("cover") == Image.objects.filter(pk=self.initial["cover"]).first():
            names.append("cover_alternative_text")
        for name in names:
            typed, known = self.cleaned_data.get(name), self.initial[name]
            if name not in self.errors and to_the_minute(typed) != to_the_minute(known):
                self.add_error(name, COUNTS_AT_ONCE)

    def _move(self, at: datetime, now: datetime) -> None:
        """A scheduled article stays scheduled, a public one public: else a button says so."""
        if self.instance.published_at > now >= at:
            self.add_error(
                "goes_public_at", "This is past. Choose a later time, or publish it now."
            )
        elif self.instance.published_at <= now < at:
            self.add_error(
                "goes_public_at",
                "The article is public already. Take it back to draft to bring it out later.",
            )
        else:
            self.instance.published_at = at

    def _check_expiry(self, public_from: datetime | None) -> None:
        expires_at = self.cleaned_data.get("expires_at")
        if expires_at and public_from and expires_at <= public_from:
            self.add_error("expires_at", "This is before the article goes public.")

    def planned_publication(self, now: datetime) -> datetime:
        """When the article is or becomes public by the button that was pressed."""
        article, at = self.instance, self.cleaned_data.get("goes_public_at")
        if article.is_public or self.press == Press.SAVE:
            return article.published_at
        return at if self.press == Press.PUBLISH and at and at > now else now

    def _demand_all(self) -> None:
        missing = [name for name in self.NEEDED if name not in self.errors and self._lacks(name)]
        if not missing:
            return
        links = format_html_join(
            ", ", '<a href="#id_{}">{}</a>', [(name, self.NEEDED[name]) for name in missing]
        )
        self.add_error(
            None, ValidationError(format_html("Before the public may see it, it needs: {}.", links))
        )
        for name in missing:
            self.add_error(name, f"It needs {self.NEEDED[name]}.")

    def _lacks(self, name: str) -> bool:
        value = self.cleaned_data.get(name)
        if name == "cover_alternative_text":
            return bool(self.cleaned_data.get("cover")) and not value
        if name == "body":
            return not (plain_text(value or "") or "<img" in (value or ""))
        return not value

    def save(self, commit: bool = True) -> Article:
        article = super().save(commit=False)
        if article._state.adding and self.cleaned_data.get("sheet"):
            article.uid = self.cleaned_data["sheet"]
        if article.author_id is None:
            article.author = Author.of(self.user)
        self._describe_cover(article.cover)
        if commit:
            article.save()
            self.save_m2m()
        return article

    def _describe_cover(self, cover: Image | None) -> None:
        words = self.cleaned_data.get("cover_alternative_text", "")
        if cover and cover.alternative_text != words:
            cover.alternative_text = words
            cover.save(update_fields=["alternative_text"])


def to_the_minute(value: object) -> object:
    """Fields for a time show no seconds."""
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value
