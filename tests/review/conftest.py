"""Packages as the polling engine stores them, and the managers who look at them."""

from __future__ import annotations

from tests.backhaul.conftest import acme, maras, package, poll_all, time

__all__ = ["acme", "maras", "package", "poll_all", "time"]
