# Two stages: the first installs the locked packages, the second holds them and the code, and runs as nobody in particular.
FROM python:3.11.14-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install --require-hashes -r requirements.txt

FROM python:3.11.14-slim-bookworm
RUN groupadd --gid 10001 quarterdeck \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin quarterdeck \
    && install -d -o quarterdeck -g quarterdeck /srv/uploads /srv/home
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/quarterdeck
COPY LICENSE config.py config_cache.py config_checks.py config_names.py config_queries.py config_queues.py config_storage.py wsgi.py gunicorn.conf.py ./
COPY app app
COPY migrations migrations
COPY templates templates
COPY static static
ARG GIT_SHA=""
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FLASK_APP=app:create_app \
    GIT_SHA=$GIT_SHA \
    QUARTERDECK_ENV=production \
    QUARTERDECK_HOME=/srv/home \
    UPLOAD_DIR=/srv/uploads \
    WEB_HOST=0.0.0.0 \
    PORT=3000
USER 10001:10001
EXPOSE 3000
# gunicorn and Celery both end well on TERM.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:3000/health/live', timeout=2)"]
CMD ["gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
