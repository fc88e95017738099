"""The links from one page of a list to the others. Pure: an address for a page's number is an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageLink:
    """`number` 0 stands for the pages that are left out between two links."""

    number: int
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Paging:
    """`previous` and `next` are addresses, "" where there is none. `links` is empty where the platform does not say how
    many pages there are."""

    number: int
    pages: int | None
    previous: str
    next: str
    links: tuple[PageLink, ...]

    @property
    def is_needed(self) -> bool:
        return bool(self.previous or self.next)


def paging(number: int, *, pages: int | None, more: bool, href: Callable[[int], str]) -> Paging:
    """more: whether a further page is to be expected, where `pages` is not known."""
    last = number + 1 if pages is None and more else pages or number
    return Paging(
        number=number,
        pages=pages,
        previous=href(min(number - 1, last)) if number > 1 else "",
        next=href(number + 1) if number < last else "",
        links=_links(number, pages, href) if pages is not None and pages > 1 else (),
    )


def _links(number: int, pages: int, href: Callable[[int], str]) -> tuple[PageLink, ...]:
    """The first, the last, and those around the present one. A single page between two links is a link, not a gap."""
    shown = sorted({n for n in (1, number - 1, number, number + 1, pages) if 1 <= n <= pages})
    found: list[PageLink] = []
    before = 0
    for n in shown:
        if n - before == 2:
            found.append(PageLink(n - 1, href(n - 1), False))
        elif n - before > 2:
            found.append(PageLink(0, "", False))
        found.append(PageLink(n, href(n), n == number))
        before = n
    return tuple(found)
