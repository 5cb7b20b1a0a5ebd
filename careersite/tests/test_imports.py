"""Who may know whom: the arrows of the house, held by its imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

MAY_KNOW = {
    "blog": set(),
    "newsletter": {"blog"},
    "enquiries": {"blog"},
    "careersite": {"blog", "newsletter", "enquiries"},
}
HOUSE = set(MAY_KNOW)


def sources(app: str) -> Iterator[Path]:
    """Tests may look at the whole house."""
    for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
        if "tests" not in path.relative_to(settings.BASE_DIR).parts:
            yield path


def imported(path: Path) -> Iterator[str]:
    """The full names of what a file imports; a relative import as `.`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else node.module


@pytest.mark.parametrize("app", MAY_KNOW)
def test_an_app_knows_only_whom_it_may(app: str) -> None:
    known = {
        f"{path.relative_to(settings.BASE_DIR)} knows {name}"
        for path in sources(app)
        for name in imported(path)
        if name.split(".")[0] in HOUSE - MAY_KNOW[app] - {app}
    }
    assert known == set()


@pytest.mark.parametrize("app", MAY_KNOW)
def test_every_import_says_in_full_what_it_means(app: str) -> None:
    relative = [path for path in sources(app) if "." in imported(path)]
    assert relative == []


def test_the_walk_sees_imports_wherever_they_hide(tmp_path: Path) -> None:
    hidden = "def f():\n    from newsletter.models import A\n    import careersite.urls as u\n"
    (tmp_path / "a.py").write_text(hidden + "from . import b\n")
    assert set(imported(tmp_path / "a.py")) == {"newsletter.models", "careersite.urls", "."}
    assert all(len(list(sources(app))) > 5 for app in MAY_KNOW)
