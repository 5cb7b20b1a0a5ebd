from django.core.exceptions import ValidationError
from django.db import models

from blog.rows import Ready

SAME_SITE_OR_HTTPS = "Start with / for a page of this site, or with https:// for another one."


def validate_target(value: str) -> None:
    """A path of this site, or a full https address: nothing a browser could run."""
    is_path = value.startswith("/") and not value.startswith(("//", "/\\"))
    if not (is_path or value.startswith("https://")) or any(c.isspace() for c in value):
        raise ValidationError(SAME_SITE_OR_HTTPS)


class CallToAction(models.Model):
    """The box beside the articles that offers a service, such as “Need A Resume?”."""

    heading = models.CharField(max_length=80)
    text = models.CharField(max_length=300)
    button_label = models.CharField(max_length=40)
    button_url = models.CharField(
        "button leads to",
        max_length=200,
        validators=[validate_target],
        help_text=SAME_SITE_OR_HTTPS,
    )
    is_active = models.BooleanField("shown", default=True)

    class Meta:
        verbose_name_plural = "calls to action"

    def __str__(self) -> str:
        return self.heading


class Publication(models.Model):
    """The site's own name and voice: one row."""

    name = models.CharField(max_length=80, default="Open Seat")
    tagline = models.CharField(max_length=160, default="Plain advice for your next job.")
    postal_address = models.CharField(
        max_length=300,
        blank=True,
        help_text="Stands at the foot of each mail. Most countries’ laws ask for it.",
    )
    marks_links_in_mails = models.BooleanField(
        "mark links in mails",
        default=False,
        help_text="Adds utm_source, utm_medium and utm_campaign to links to articles, for programs "
        "that count visits. They say which mailing it was, and never who read it.",
    )
    contact_email = models.EmailField(
        "staff’s mail address",
        blank=True,
        help_text="Questions and resume requests are sent here.",
    )
    call_to_action = models.ForeignKey(
        CallToAction,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Shown beside each article. Leave it empty to show none.",
    )

    class Meta:
        verbose_name_plural = "publication"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="there_is_one_publication")
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Publication":
        found = CURRENT.first()
        if found is None:
            return cls(pk=1)
        publication, publication.call_to_action = found
        return publication

    @property
    def shown_call_to_action(self) -> CallToAction | None:
        call = self.call_to_action
        return call if call and call.is_active else None


CURRENT = Ready(
    """
    SELECT {blog_publication}, {call}
    FROM blog_publication LEFT JOIN blog_calltoaction AS call ON call.id = call_to_action_id
    WHERE blog_publication.id = 1""",
    blog_publication=Publication,
    call=CallToAction,
)
