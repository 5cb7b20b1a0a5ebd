"""How much room the page cache takes, and which page makes room for another."""

from careersite.page_cache import PageCache
from careersite.tests.page_cache.doubles import TEXT, Clock, Front, Site, all_at_once


def test_the_least_recently_read_page_makes_room(site: Site) -> None:
    front = Front(PageCache(site, capacity_bytes=30_000))
    names = [f"/articles/{number}/" for number in range(8)]
    store = front.cache.store
    for name in names:
        front.get(name)
        front.get(names[0])
        assert store.size_bytes == sum(page.size_bytes for page in store.pages.values()) <= 30_000
    assert site.times_asked == len(names), "the page that is read again and again stays"
    kept = [path for _, _, path in store.pages]
    assert names[0] in kept
    assert names[-1] in kept
    assert names[1] not in kept


def test_all_encodings_count_as_used_room(front: Front) -> None:
    front.get()
    page = next(iter(front.cache.store.pages.values()))
    assert set(page.bodies) == {"br", "gzip", "identity"}
    assert page.size_bytes > sum(map(len, page.bodies.values()))


def test_a_page_stored_again_counts_once(front: Front, clock: Clock) -> None:
    front.get()
    size = front.cache.store.size_bytes
    for _ in range(5):
        clock.advance(60)
        front.get()
    assert front.cache.store.size_bytes == size


def test_guessed_addresses_do_not_push_out_articles(site: Site) -> None:
    front = Front(PageCache(site, capacity_bytes=30_000))
    front.get("/articles/one/")
    front.get("/articles/two/")
    site.status = "404 Not Found"
    for number in range(50):
        front.get(f"/wp-login-{number}.php")
    kept = [path for _, _, path in front.cache.store.pages]
    assert {"/articles/one/", "/articles/two/", "/wp-login-49.php"} <= set(kept)


def test_many_threads_leave_the_books_in_order(site: Site) -> None:
    front = Front(PageCache(site, capacity_bytes=30_000))
    store = front.cache.store

    def read_much() -> None:
        for number in range(60):
            assert front.get(f"/articles/{number % 7}/").body == TEXT

    all_at_once(6, read_much)
    assert store.size_bytes == sum(page.size_bytes for page in store.pages.values()) <= 30_000
    assert not front.cache.flights
