"""What of a package's settings left the portal."""

from __future__ import annotations

from attribution_portal.sandbox.app import Sandbox

PUTS = "/package_builder/packages/*/backhaul_evaluation_details"


def puts(sandbox: Sandbox) -> int:
    return len(sandbox.log.of(method="PUT", path=PUTS))
