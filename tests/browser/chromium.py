"""A headless Chromium from the machine's own packages; Playwright brings none of its own here."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Milliseconds after which what a test waits for is taken to be lost; a busy machine is slow, and not wrong.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoChromiumError(RuntimeError):
    """The machine has no Chromium. The browser tests need one and do not pretend otherwise."""


def launch(playwright: Playwright) -> Browser:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise NoChromiumError(
            f"No Chromium found on PATH (looked for {', '.join(NAMES)}). Install one, e.g. `apt-get install chromium`."
        )
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
