"""Requests to Django without the page cache in front, in this process, one after the other."""

import time
from dataclasses import asdict, dataclass
from statistics import median
from wsgiref.types import WSGIEnvironment

from django.db import connection
from django.db.models import Count
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.site import FROM_THE_FRONT
from blog.models import Article, Topic
from careersite.wsgi import django_application

WARM_UP = 5


@dataclass(frozen=True)
class Cost:
    name: str
    path: str
    queries: int
    cpu_ms: float
    wall_ms: float
    bytes: int


def main(requests: str) -> dict[str, object]:
    public = Article.objects.published()
    pages = [asdict(cost(name, path, int(requests))) for name, path in paths().items()]
    return {"articles": public.count(), "pages": pages}


def paths() -> dict[str, str]:
    public = Article.objects.published().newest_first()
    middle = public[public.count() // 2]
    topic = Topic.objects.annotate(size=Count("articles")).latest("size")
    search = reverse("search")
    return {
        "(nothing: /healthz)": "/healthz",
        "article": middle.get_absolute_url(),
        "home": reverse("home"),
        "topic": topic.get_absolute_url(),
        "archive": reverse("archive"),
        "search, a frequent word": f"{search}?q=interview",
        "search, two words": f"{search}?q=salary+notice",
        "search, nothing found": f"{search}?q=zeppelin",
    }


def cost(name: str, path: str, requests: int) -> Cost:
    environ = RequestFactory(headers=FROM_THE_FRONT).get(path, secure=True).environ
    for _ in range(WARM_UP):
        ask(environ)
    queries, size_bytes = counted(environ)
    times = [timed(environ) for _ in range(requests)]
    return Cost(
        name=name,
        path=path,
        queries=queries,
        cpu_ms=1000 * sum(cpu_s for cpu_s, _ in times) / requests,
        wall_ms=1000 * median(wall_s for _, wall_s in times),
        bytes=size_bytes,
    )


def counted(environ: WSGIEnvironment) -> tuple[int, int]:
    with CaptureQueriesContext(connection) as queries:
        size_bytes = ask(environ)
    return len(queries), size_bytes


def timed(environ: WSGIEnvironment) -> tuple[float, float]:
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    ask(environ)
    return time.process_time() - cpu_s, time.perf_counter() - wall_s


def ask(environ: WSGIEnvironment) -> int:
    """Returns the size of the page; closes the answer as a web server does."""
    said = []
    answer = django_application(dict(environ), lambda status, headers: said.append(status))
    size_bytes = sum(map(len, answer))
    answer.close()
    assert said == ["200 OK"], (environ["PATH_INFO"], said)
    return size_bytes
