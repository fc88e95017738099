"""An environment with which the portal starts as in production, TLS and all."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet

ROOT = Path(__file__).parents[2]
COMPLETE = {
    "SECRET_KEY": "as-long-and-as-random-as-a-deployer-would-make-it-7d1f",
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "ALLOWED_HOSTS": "portal.example.org",
    "DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PLATFORM_BASE_URL": "https://platform.example.org/api/v3",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "DEFAULT_FROM_EMAIL": "portal@example.org",
}
