"""Importing for tests: a file, the command, and what it said."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def import_content(path: Path, *options: str) -> str:
    said = io.StringIO()
    call_command("import_content", str(path), *options, stdout=said, no_color=True)
    return said.getvalue()


def refusal(path: Path, *options: str) -> str:
    """The one line that a refused import says."""
    with pytest.raises(CommandError) as refused:
        import_content(path, *options)
    message = str(refused.value)
    assert "\n" not in message
    assert refused.value.returncode == 1
    return message
