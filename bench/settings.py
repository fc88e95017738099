"""The portal's settings with the bench's addresses added."""

from attribution_portal.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
