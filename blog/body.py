"""The one place that knows which editor writes a body. Another editor is another widget here."""

import re
from collections.abc import Mapping

from ckeditor.widgets import CKEditorWidget
from django import forms
from django.db import models

from blog.sanitizer import sanitize

INLINE = "a|b|code|em|i|kbd|mark|s|small|strong|sub|sup|u"
NO_BREAK = "(?:&nbsp;|\xa0)"
BEFORE_INLINE = re.compile(rf"(\S){NO_BREAK}(<(?:{INLINE})\b)")
AFTER_INLINE = re.compile(rf"(</(?:{INLINE})>){NO_BREAK}(?=\S)")
EMPTY_EDGES = re.compile(
    rf"\A(?:\s*<p>(?:{NO_BREAK}|\s)*</p>)+|(?:<p>(?:{NO_BREAK}|\s)*</p>\s*)+\Z"
)


class BodyWidget(CKEditorWidget):
    """CKEditor, with what it lacks added by our own small module.

    It shows the text in a part of the page, so it is given sanitised HTML only: also the text
    of a form that comes back with an error.
    """

    class Media:
        js = (forms.widgets.Script("editor.js", type="module"),)

    def format_value(self, value: str | None) -> str | None:
        return super().format_value(sanitize(value) if value else value)

    def value_from_datadict(self, data: Mapping, files: Mapping, name: str) -> str | None:
        typed = super().value_from_datadict(data, files, name)
        return typed and without_traces(typed)


def without_traces(html: str) -> str:
    """A browser writes the space beside a bold word as one that no line breaks at, and the
    editor leaves empty paragraphs at both ends. Nobody typed those."""
    spaced = AFTER_INLINE.sub(r"\1 ", BEFORE_INLINE.sub(r"\1 \2", html))
    return EMPTY_EDGES.sub("", spaced).strip()


class BodyField(models.TextField):
    """Sanitised HTML in a plain text column, whichever way it is saved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = sanitize(super().pre_save(model_instance, add) or "")
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: object, connection: object) -> object:
        """Also on the way of `update()` and `bulk_create()`, which skip `save()`."""
        if isinstance(value, str):
            value = sanitize(value)
        return super().get_db_prep_save(value, connection)

    def formfield(self, **kwargs: object) -> forms.Field:
        return super().formfield(**{**kwargs, "widget": BodyWidget})
