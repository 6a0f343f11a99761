# One image for every part of the exchange; docker-compose.yml says which part a container is.

FROM python:3.11-slim-bookworm AS build
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends g++ make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
RUN make setup && .venv/bin/python -m compileall -q exchange matching settlement warehouse_receipts web

FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --home-dir /data jinguo && install -d -o jinguo /data/static /data/keys /data/photos
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH DATA_DIR=/data STATIC_ROOT=/data/static PYTHONUNBUFFERED=1
USER jinguo
VOLUME /data
CMD ["jinguo", "serve", "--host", "0.0.0.0"]
