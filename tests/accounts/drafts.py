"""A small site with one form that asks for a recent proof, on its own page and on another's."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_POST

from attribution_portal.accounts import drafts
from attribution_portal.accounts.reauthentication import recently_authenticated

sent: list[dict[str, str]] = []


@recently_authenticated
def form(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        sent.append(request.POST.dict())
        return HttpResponse("sent")
    kept = drafts.draft(request)
    return HttpResponse(kept.urlencode() if kept is not None else "empty")


@require_POST
@recently_authenticated(back=lambda request, number: f"/list/?row={number}")
def delete(request: HttpRequest, number: int) -> HttpResponse:
    sent.append({"deleted": str(number)})
    return HttpResponse("deleted")


def rows(request: HttpRequest) -> HttpResponse:
    kept = drafts.draft(request, f"/list/{request.GET['row']}/delete/")
    return HttpResponse(kept.urlencode() if kept is not None else "empty")


urlpatterns = [
    path("form/", form),
    path("list/<int:number>/delete/", delete),
    path("list/", rows),
    path("", include("attribution_portal.urls")),
]
