"""`/livez`, `/readyz` and, for who has the token, `/metrics`: answered before hosts, sessions and redirects are looked
at, because a probe needs none of them. To everybody else there is no `/metrics`."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from attribution_portal.ops import metrics


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return JsonResponse({"live": True})
        if request.path == "/readyz":
            return readiness()
        if request.path == metrics.PATH and metrics.is_admitted(request):
            return metrics.answer()
        return self.get_response(request)


def readiness() -> HttpResponse:
    """200 when the database answers and is migrated; 503 otherwise. Redis is reported but not required: pages work
    without it, and polling resumes by itself."""
    database = _database()
    body = {"ready": database == "ok", "database": database, "redis": _redis()}
    return JsonResponse(body, status=200 if body["ready"] else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return "unreachable"
    return "migrations pending" if pending else "ok"


def _redis() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5) as client:
            client.ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"
