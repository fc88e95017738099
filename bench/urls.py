"""The portal's addresses, and beside them a bare view and a bare page with a chart, on the same server."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import include, path

from bench.stack import FIGURE


def bare(request: HttpRequest) -> HttpResponse:
    """As little as a view for a signed-in person can do: the session and the person are loaded."""
    return HttpResponse(f"Hello {request.user.pk}")


def bare_chart(request: HttpRequest) -> HttpResponse:
    """The library, one figure, nothing else: what drawing costs at least."""
    plotly = static("vendor/plotly/plotly-basic.min.js")
    script = "/bare-chart.js"
    return HttpResponse(
        "<!doctype html><meta charset=utf-8><title>bare</title><div id=chart></div>"
        f'<script src="{plotly}"></script><script src="{script}"></script>'
    )


def bare_script(request: HttpRequest) -> HttpResponse:
    figure = FIGURE.read_text(encoding="utf-8")
    options = "{showSendToCloud: false, plotlyServerURL: '', displaylogo: false}"
    return HttpResponse(
        f"const f = {figure}; Plotly.newPlot('chart', f.data, f.layout, {options});", content_type="text/javascript"
    )


urlpatterns = [
    path("bare/", bare),
    path("bare-chart/", bare_chart),
    path("bare-chart.js", bare_script),
    path("", include("attribution_portal.urls")),
]
