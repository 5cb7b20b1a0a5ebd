"""What the desk says of an article: how it stands, and what a press of a button has done."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog.forms.article import ArticleForm, Press
from blog.models import Article


def state_of(article: Article) -> str:
    if article.is_draft:
        return "Draft"
    if article.is_scheduled:
        return f"Scheduled for {minute(article.published_at)}"
    if article.is_expired:
        return f"Taken down {minute(article.expires_at)}"
    return f"Public since {minute(article.published_at)}"


def minute(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i")


def what_happened(article: Article, form: ArticleForm, was_public: bool) -> SafeString:
    if form.press == Press.KEEP_BACK:
        words = "The changes to “{}” are saved. Readers go on seeing it as it was."
    elif article.is_public and was_public:
        words = "“{}” is saved, and public."
    elif article.is_public:
        words = "“{}” is public now."
    elif article.is_scheduled:
        words = f"“{{}}” is scheduled: it goes public on {minute(article.published_at)}."
    elif article.is_expired:
        words = "“{}” is saved. It is taken down: nobody sees it."
    elif form.press == Press.WITHDRAW:
        words = "“{}” is a draft again. It is gone from the site."
    else:
        words = "“{}” is saved as a draft. Nobody sees it but you and your colleagues."
    return format_html(words + "{}", article.title, see_the_page(article))


def see_the_page(article: Article) -> SafeString | str:
    if not article.is_public:
        return ""
    return format_html(' <a href="{}">See the page</a>', article.get_absolute_url())


def warnings(form: ArticleForm) -> Iterator[str]:
    if count := form.pictures_left_out:
        yield (
            f"{pictures(count)} of another site, or of a kind we cannot keep, left the text. "
            "Save it as a file and put it in with the picture button."
        )
    if count := form.pictures_without_words:
        yield (
            f"{pictures(count)} in the text without words for those who cannot see. "
            "Double-click it in the text to add them."
        )


def pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
