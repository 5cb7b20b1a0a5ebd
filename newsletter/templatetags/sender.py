from datetime import timedelta

from django import template
from django.utils import timezone

from blog.models import Article
from newsletter.sender_remarks import warnings

register = template.Library()
IS_NEWS_FOR = timedelta(days=1)


@register.inclusion_tag("admin/newsletter/_sender.html")
def sender_warnings() -> dict[str, object]:
    """What is odd about whom our mails come from."""
    return {"warnings": warnings()}


@register.inclusion_tag("admin/newsletter/_sender.html")
def sender_warnings_for(article: Article | None) -> dict[str, object]:
    """The same, beside an article whose notice is still to go out, or has just gone."""
    return {"warnings": warnings() if article is None or _is_to_be_mailed(article) else []}


def _is_to_be_mailed(article: Article) -> bool:
    is_news = article.is_draft or article.published_at > timezone.now() - IS_NEWS_FOR
    return article.wants_notice and is_news and not article.is_expired
