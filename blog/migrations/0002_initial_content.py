"""What every site has from the start: its name, one call to action, about and privacy."""

from pathlib import Path

import frontmatter
from django.db import migrations
from django.utils import timezone

from blog.importing.markup import markdown
from blog.sanitizer import sanitize

CONTENT = Path(__file__).resolve().parent.parent / "initial_content"


def add_content(apps, schema_editor):
    call = apps.get_model("blog", "CallToAction").objects.create(
        heading="Need A Resume?",
        text="Let us help you craft a resume that really grabs an employer’s attention.",
        button_label="Talk to a writer",
        button_url="/resume/",
    )
    apps.get_model("blog", "Publication").objects.create(pk=1, call_to_action=call)
    for slug in ("about", "privacy"):
        page = frontmatter.load(CONTENT / f"{slug}.md")
        apps.get_model("blog", "Page").objects.create(
            slug=slug,
            title=page["title"],
            body=sanitize(markdown(page.content)),
            updated_at=timezone.now(),
        )


class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [migrations.RunPython(add_content, migrations.RunPython.noop)]
