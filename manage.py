#!/usr/bin/env python
"""Django's command line. On a local run (`PORTAL_ENV=local`, `DEBUG=1`, or the `demo` command) it first supplies what
the environment lacks: kept secrets and embedded servers."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attribution_portal.settings")
    from attribution_portal.ops import local

    local.supply(os.environ, command=sys.argv[1] if len(sys.argv) > 1 else "")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
