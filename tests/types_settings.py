"""Settings for the type checker's Django plugin, which loads them to learn about models; nothing is connected to."""

import os

os.environ.update(
    PORTAL_ENV="local",
    SECRET_KEY="for-types-only",
    FIELD_ENCRYPTION_KEYS="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    DATABASE_URL="postgresql://nobody@localhost/nowhere",
    REDIS_URL="redis://localhost:1/0",
    PLATFORM_BASE_URL="http://localhost:1/api/v3",
)

from attribution_portal.settings import *  # noqa: F403
