"""Lists, in every form the platform gives them (§3): a page, `{"total", "items"}`, a bare array, or one bare
row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from attribution_portal.platform_api.payloads.values import Page
from attribution_portal.platform_api.payloads.wire import Malformed, Members, each

T = TypeVar("T")


def page_of(payload: object, decode: Callable[[Members], T], *, mark: str = "id") -> Page[T]:
    """`mark` is the member by which one bare row is told from an object that is no list at all."""
    if isinstance(payload, list):
        rows = each(payload, decode)
        return Page(items=rows, total=len(rows), page=1, pages=1)
    if not isinstance(payload, dict):
        raise Malformed("", "a page or an array", payload)
    members = Members(payload)
    if "items" in payload:
        return Page(
            items=members.rows("items", decode),
            total=members.count("total"),
            page=members.count("page") or 1,
            pages=members.count("pages"),
        )
    if mark in payload:
        return Page(items=(decode(members),), total=1, page=1, pages=1)
    raise Malformed("items", "an array", None)


def rows_of(payload: object, decode: Callable[[Members], T], *, mark: str = "id") -> tuple[T, ...]:
    """A whole list. The first page of many is Malformed: what is missing in it would be taken for gone."""
    page = page_of(payload, decode, mark=mark)
    if (page.pages or 1) > 1 or (page.total or 0) > len(page.items):
        raise Malformed("items", "the whole list", payload)
    return page.items
