from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils import timezone

from blog.models.author import Author
from blog.models.image import Image
from blog.models.revision import Revision, words_of
from blog.models.series import Series
from blog.models.topic import Topic


class HasVersions(models.Model):
    """An article's life in versions: each save is one, and so are changes that wait for the
    public while it goes on reading the article as it was."""

    # The version that `read_as` has made this object show.
    shown: Revision | None = None

    class Meta:
        abstract = True

    @property
    def planned_for(self) -> datetime | None:
        """The date a draft was last saved with."""
        newest = self.revisions.first()
        return newest and newest.planned_for

    @property
    def unpublished_changes(self) -> Revision | None:
        """The newest version, if it is one that the public does not see."""
        newest = self.revisions.select_related("by").first()
        return newest if newest and newest.kept_back else None

    def content(
        self, topic_ids: Iterable[int], planned_for: datetime | None = None
    ) -> dict[str, object]:
        """The whole of it as a version keeps it: as this object says, and with these topics."""
        content = {name: getattr(self, name) for name in Revision.FIELDS}
        content["topics"] = sorted(topic_ids)
        content["planned_for"] = planned_for and planned_for.isoformat()
        return content

    def record_revision(
        self,
        by: AbstractBaseUser | None,
        planned_for: datetime | None = None,
        *,
        leave_changes: bool = False,
    ) -> Revision:
        """Keep the article as it is now, with its topics, and the date a draft is meant for.

        Changes that waited for the public are settled by it, or with `leave_changes` go on
        waiting. Saving the same again adds nothing: a version already says it.
        """
        content = self.content(self.topics.values_list("pk", flat=True), planned_for)
        waiting = self.unpublished_changes
        before = self.revisions.filter(kept_back=False).first()
        if before and before.content == content and (leave_changes or not waiting):
            return before
        if before and by and words_of(before.content) != words_of(content):
            self._note_new_words()
        revision = self.revisions.create(by=by, content=content)
        if waiting and leave_changes:
            self.keep_back(waiting.content, waiting.by)
        return revision

    def _note_new_words(self) -> None:
        """A person changed what the public reads or read. An import never counts as one."""
        if self.has_been_public:
            self.revised_at = timezone.now()
            self._meta.model.objects.filter(pk=self.pk).update(revised_at=self.revised_at)

    def keep_back(self, content: dict[str, object], by: AbstractBaseUser | None) -> Revision:
        """Save `content` as changes that wait. What the public reads is not touched."""
        newest = self.unpublished_changes
        if newest and newest.content == content:
            return newest
        return self.revisions.create(by=by, content=content, kept_back=True)

    def discard_changes(self, by: AbstractBaseUser | None) -> None:
        """Nothing waits any more. The changes stay among the earlier versions."""
        if self.unpublished_changes:
            self.record_revision(by)

    def restore(self, revision: Revision, by: AbstractBaseUser | None) -> Revision:
        """Make the article read as it did in `revision`, as a new revision. Address, publication
        and mail stay as they are."""
        self.read_as(revision)
        self.save()
        self.topics.set(Topic.objects.filter(pk__in=revision.content["topics"]))
        return self.record_revision(by, revision.planned_for)

    def read_as(self, revision: Revision) -> None:
        """Make this object, not its row, read as it does in `revision`; an author, a cover or a
        series that is gone since is left as it is or out."""
        content = revision.content
        self.title, self.summary, self.body = (content[name] for name in Revision.TEXTS)
        self.author = Author.objects.filter(pk=content["author_id"]).first() or self.author
        self.cover = Image.objects.filter(pk=content["cover_id"]).first()
        self.original_url = content.get("original_url", self.original_url)
        if "series_id" in content:
            self.series = Series.objects.filter(pk=content["series_id"]).first()
            self.series_part = content["series_part"]
        self.derive()
        self.shown = revision
