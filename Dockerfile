# NOT EXECUTED where this was built: no container engine could be had there. Its RUN lines are what `make pacote` does.
#   docker build -t prevenda .
#   docker run -p 8000:8000 --env-file prevenda.env --stop-timeout 35 prevenda
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/prevenda
COPY requirements.lock ./
RUN /opt/prevenda/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY mappings mappings
COPY sql sql
COPY app app
RUN /opt/prevenda/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/prevenda/bin/pip uninstall --yes --quiet hatchling editables setuptools pip

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/prevenda --create-home prevenda
COPY --from=build /opt/prevenda /opt/prevenda
ENV PATH=/opt/prevenda/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PREVENDA_HOST=0.0.0.0 \
    PREVENDA_PORT=8000
USER prevenda
WORKDIR /var/lib/prevenda
EXPOSE 8000
STOPSIGNAL SIGTERM
# Alive, not ready: a container engine restarts what fails here, and a database that is away is no reason to.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["prevenda", "serve"]
