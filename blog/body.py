"""The one place that knows which editor writes a body. Another editor is another widget here."""

from ckeditor.widgets import CKEditorWidget
from django import forms
from django.db import models

from blog.sanitizer import sanitize


class BodyWidget(CKEditorWidget):
    """CKEditor, with the CSRF token for picture uploads added by our own small module.

    It shows the text in a part of the page, so it is given sanitised HTML only: also the text
    of a form that comes back with an error.
    """

    class Media:
        js = (forms.widgets.Script("editor.js", type="module"),)

    def format_value(self, value: str | None) -> str | None:
        return super().format_value(sanitize(value) if value else value)


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
