"""`python -m attribution_portal.ops.probe`: exit 0 when the local web server is ready, for a health check."""

from __future__ import annotations

import http.client
import os
import sys


def ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if ready(int(os.environ.get("PORT", "8000"))) else 1)
