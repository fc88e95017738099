"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from attribution_portal.charts.theme import templates

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attribution_portal.settings")

application = get_wsgi_application()

# Checked by Plotly once per process, which takes a moment: before the first page instead of in it.
templates()
