"""The WSGI entry point that gunicorn serves."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import reverse

from attribution_portal.charts.theme import templates

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attribution_portal.settings")

application = get_wsgi_application()

# What takes a moment once per process does so before the first page instead of in it: Plotly checks the templates of
# charts, and the first address that is asked for brings every room's modules with it.
templates()
reverse(settings.LOGIN_URL)

# All of this stays as long as the process. Looking through it for garbage would stop a page for a tenth of a second,
# again and again.
gc.collect()
gc.freeze()
