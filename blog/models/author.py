from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from blog.cards import Link
from blog.models.address import FormerAddress
from blog.models.image import Image
from blog.site_address import path_of
from blog.slugs import slug_for


class Author(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=100, unique=True, allow_unicode=True)
    role = models.CharField(max_length=80, blank=True)
    biography = models.TextField(blank=True)
    portrait = models.ForeignKey(Image, null=True, blank=True, on_delete=models.SET_NULL)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="The account of this author, if there is one.",
    )

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return path_of("author", self.slug)

    @property
    def link(self) -> Link:
        return Link(self.name, self.get_absolute_url())

    @classmethod
    def of(cls, user: AbstractBaseUser) -> "Author":
        """The author `user` writes as; made from the account's name when there is none yet."""
        known = cls.objects.filter(user=user).first()
        name = (user.get_full_name() or user.get_username())[:80]
        return known or cls.objects.create(
            user=user, name=name, slug=slug_for(name, cls.objects.all(), "author")
        )

    @property
    def initials(self) -> str:
        names = self.name.split()
        return "".join(name[0] for name in (names[:1] + names[1:][-1:])).upper()

    def rename(self, slug: str) -> None:
        """Give the author a new address; the old one leads to it from now on."""
        FormerAddress.objects.remember(self.get_absolute_url(), author=self)
        self.slug = slug
        FormerAddress.objects.forget(self.get_absolute_url())
        self.save()
