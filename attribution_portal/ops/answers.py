"""What is true of every answer, whoever made it, and of every request before anybody reads it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from attribution_portal.ops.errors import too_large


class AnswerHeadersMiddleware:
    """Outermost, so that health, static files, redirects and error pages carry these headers too.

    No other site may embed anything of ours, and nothing is guessed to be of another type than it says. What names no
    age of its own, which static files do, is kept by no cache: a view that forgets to say so leaks nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class BodySizeMiddleware:
    """Refuses a body by the length it announces, before a byte of it is read.

    Django's own limit leaves uploaded files out, which would go to the disk of whoever takes them, signed in or not.
    A body without a length reads as empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        # Without leading zeros, more digits are a larger number: what may be thousands of them is not converted. A
        # length that is no number is refused by the web server, and read as none by Django.
        digits = length.lstrip("0")
        most = str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if length.isdecimal() and (len(digits), digits) > (len(most), most):
            return too_large(request)
        return self.get_response(request)
