"""Traps other people fell into before us (docs/dependencies.md); each is reproduced once here."""

import asyncio
import sys

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings
from django.db import connection


def test_postgresql_is_spoken_to_by_psycopg2() -> None:
    if connection.vendor == "postgresql":
        from django.db.backends.postgresql import psycopg_any

        assert not psycopg_any.is_psycopg3
    assert "psycopg" not in sys.modules


def test_sqlite_begins_transactions_as_a_writer() -> None:
    if connection.vendor == "sqlite":
        assert settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.redis
async def test_a_listener_idle_for_nine_seconds_still_hears(redis_url: str) -> None:
    layer = RedisPubSubChannelLayer(hosts=[redis_url])
    channel = await layer.new_channel()
    await layer.group_add("halts", channel)
    heard = asyncio.create_task(layer.receive(channel))
    await asyncio.sleep(9)
    await layer.group_send("halts", {"type": "halt", "product": 1})
    assert await asyncio.wait_for(heard, 5) == {"type": "halt", "product": 1}
    await layer.flush()
