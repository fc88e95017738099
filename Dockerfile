# Front-end files come from npm, Python packages from PyPI; both are pinned by lock files.
FROM node:24-slim AS front
WORKDIR /portal
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.13-slim AS portal
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /portal
COPY requirements/base.lock requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/base.lock
COPY --from=front /portal/node_modules node_modules
COPY . .
# Static files and translations are built with throw-away settings; nothing of them stays in the image.
RUN pybabel --quiet compile --directory locale --domain django \
 && PORTAL_ENV=local VAR_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 --ignore '*.map' --ignore src \
 && rm -rf /tmp/build \
 && useradd --system --uid 10001 --create-home portal \
 && install -d -o portal -g portal var
USER portal
ENV PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-m", "attribution_portal.ops.probe"]
CMD ["sh", "-c", "exec gunicorn attribution_portal.wsgi:application --bind 0.0.0.0:${PORT} --worker-class gthread --workers ${WEB_CONCURRENCY:-2} --threads 8 --timeout 30 --forwarder-headers ''"]

# The stand-in platform: the same code with its router, which the portal itself does not need.
FROM portal AS sandbox
USER root
RUN pip install --no-cache-dir --require-hashes -r requirements/dev.lock
USER portal
HEALTHCHECK NONE
EXPOSE 8700
CMD ["python", "-m", "attribution_portal.sandbox", "--host", "0.0.0.0", "--port", "8700"]

FROM portal AS production
