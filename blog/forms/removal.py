"""What becomes of the addresses of an article that is deleted."""

from urllib.parse import unquote, urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve

from blog.models import Article, Author, Topic
from blog.site_address import NOT_FOR_READERS, own_path

NOTHING_THERE = "There is no page at this address. Copy it from the browser that shows the page."


class RemovalForm(forms.Form):
    GONE, MOVED = "gone", "moved"

    fate = forms.ChoiceField(
        label="Its address",
        choices=[
            (GONE, "says that the article is gone for good (410)"),
            (MOVED, "leads readers to another page of this site:"),
        ],
        initial=GONE,
        widget=forms.RadioSelect,
    )
    leads_to = forms.CharField(
        label="Which page",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": "/articles/the-better-one/"}),
    )

    def __init__(self, *args: object, article: Article, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.article = article

    def clean(self) -> dict[str, object]:
        """`target`: as `Article.remove` takes it."""
        said = super().clean()
        said["target"] = {}
        if said.get("fate") == self.MOVED:
            try:
                said["target"] = self._target(said.get("leads_to", ""))
            except ValidationError as refusal:
                self.add_error("leads_to", refusal)
        return said

    def _target(self, typed: str) -> dict[str, object]:
        """The thing itself where there is one, so that a later rename makes no chain."""
        quoted = urlsplit(own_path(typed.strip().removeprefix(settings.SITE_URL))).path
        path = own_path(unquote(quoted))
        try:
            found = resolve(path)
        except Resolver404:
            found = None
        if found is None or not found.url_name or path.startswith(NOT_FOR_READERS):
            raise ValidationError(NOTHING_THERE)
        if found.url_name not in ("article", "topic", "author"):
            return {"to_path": path}
        thing = self._things(found.url_name).filter(slug=found.kwargs["slug"]).first()
        if thing is None:
            raise ValidationError(NOTHING_THERE)
        return {found.url_name: thing}

    def _things(self, kind: str) -> object:
        others = Article.objects.published().exclude(pk=self.article.pk)
        if kind == "article":
            return others
        model = {"topic": Topic, "author": Author}[kind]
        return model.objects.filter(articles__in=others).distinct()
