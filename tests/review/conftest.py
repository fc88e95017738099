"""Packages as the polling engine stores them, and the managers who look at them."""

from __future__ import annotations

from tests.backhaul.conftest import Time, time

__all__ = ["Time", "time"]
