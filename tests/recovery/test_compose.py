"""docker-compose.yml without Docker: the same commands as processes, on real PostgreSQL and Redis."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis
import yaml
from websockets.sync.client import connect

from tests.servers import free_port

pytestmark = [pytest.mark.recovery, pytest.mark.postgres, pytest.mark.redis]

COMPOSE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
READY_S = 90
LONG_RUNNING = ("floor", "projector", "clock", "web1", "web2")


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


class Deployment:
    """Processes started with the commands of docker-compose.yml."""

    def __init__(self, directory: Path, postgres_url: str, redis_url: str) -> None:
        self.directory = directory
        self.services = services()
        self.ports = {"web1": free_port(), "web2": free_port()}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        wanted = self.services["floor"]["environment"]
        values = {
            "DATABASE_URL": postgres_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": "a secret of the test" * 3,
        }
        given = {name: values.get(name, "") for name in wanted if name in values}
        self.environment = {
            **os.environ,
            **given,
            "DATA_DIR": str(directory),
            "SESSIONS_BY_CALENDAR": "false",
            "ORDER_GUARD_LEASE_S": "2",
        }

    def command(self, name: str) -> list[str]:
        """The service's command, on this machine's Python and a free port of loopback."""
        program, *arguments = shlex.split(self.services[name]["command"])
        assert program == "jinguo"
        return self._here(name, arguments)

    def health(self, name: str) -> list[str]:
        """The service's health check."""
        kind, program, *arguments = self.services[name]["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "jinguo")
        return self._here(name, arguments)

    def _here(self, name: str, arguments: list[str]) -> list[str]:
        port = str(self.ports.get(name, 0))
        here = [{"0.0.0.0": "127.0.0.1", "8000": port}.get(each, each) for each in arguments]
        if arguments[:2] == ["health", "web"]:
            here += ["--url", f"http://127.0.0.1:{port}"]
        return [sys.executable, "-m", "exchange.cli", *here]

    def run(self, command: list[str]) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def jinguo(self, *arguments: str) -> str:
        return self.run([sys.executable, "-m", "exchange.cli", *arguments])

    def start(self, name: str) -> None:
        log = (self.directory / f"{name}.log").open("wb")
        self.processes[name] = subprocess.Popen(
            self.command(name), env=self.environment, stdout=log, stderr=subprocess.STDOUT
        )
        log.close()

    def wait_until_healthy(self, name: str) -> None:
        """Until it says that it runs, and its health check agrees."""
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and self.processes[name].poll() is None:
            if b"jinguo" not in (self.directory / f"{name}.log").read_bytes():
                time.sleep(0.05)
                continue
            check = subprocess.run(self.health(name), env=self.environment, capture_output=True, check=False)
            if check.returncode == 0:
                return
        raise AssertionError((self.directory / f"{name}.log").read_text(encoding="utf-8"))

    def request(self, name: str, method: str, path: str, key: str, body: Any = None) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[name]}{path}", method=method)
        request.add_header("Authorization", f"Bearer {key}")
        encoded = None if body is None else json.dumps(body).encode()
        if encoded:
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, encoded, timeout=15) as answer:
            return json.load(answer)

    def stop(self) -> dict[str, int]:
        """SIGTERM to all; their exit codes."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        codes = {}
        for name, process in self.processes.items():
            try:
                codes[name] = process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait()
        return codes


@pytest.fixture
def deployment(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[Deployment]:
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    client.close()
    deployed = Deployment(tmp_path, postgres_url, redis_url)
    yield deployed
    for process in deployed.processes.values():
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


def test_the_parts_start_trade_once_and_stop_in_good_order(deployment: Deployment) -> None:
    deployment.run(deployment.command("migrate"))
    deployment.jinguo("demo", "seed")
    for name in LONG_RUNNING:
        deployment.start(name)
    for name in LONG_RUNNING:
        deployment.wait_until_healthy(name)

    members = json.loads(deployment.jinguo("demo", "keys", "--json"))
    seller = next(each["key"] for each in members if each["kind"] == "grower")
    buyer = next(each["key"] for each in members if each["kind"] == "dealer")
    wait_for_the_outbox(deployment)
    product = deployment.request("web1", "GET", "/api/v1/products", seller)["items"][0]
    order = {
        "product": product["code"],
        "type": "limit",
        "time_in_force": "day",
        "price": product["reference_price"],
        "quantity_kg": product["min_kg"],
    }
    sold = deployment.request(
        "web1", "POST", "/api/v1/orders", seller, {**order, "side": "sell", "client_order_id": "s-1"}
    )
    bought = deployment.request(
        "web2", "POST", "/api/v1/orders", buyer, {**order, "side": "buy", "client_order_id": "b-1"}
    )
    again = deployment.request(
        "web1", "POST", "/api/v1/orders", buyer, {**order, "side": "buy", "client_order_id": "b-1"}
    )
    assert (sold["status"], bought["status"]) == ("open", "filled")
    assert again["order_id"] == bought["order_id"]
    for web in ("web1", "web2"):
        (trade,) = deployment.request(web, "GET", "/api/v1/trades", buyer)["items"]
        assert trade["quantity_kg"] == product["min_kg"]

    report = json.loads(deployment.jinguo("journal", "verify", "--json"))
    assert report["agrees"], report["differences"]
    assert report["seq"] >= bought["seq"]
    orders_go_with_a_killed_process(deployment, buyer, {**order, "price": product["low_price"]})
    assert deployment.stop() == {**dict.fromkeys(LONG_RUNNING, 0), "web2": -signal.SIGKILL}


def orders_go_with_a_killed_process(deployment: Deployment, key: str, order: dict[str, Any]) -> None:
    """Cancel on disconnect: nobody says good-bye for a process that was killed, its lease runs out."""
    address = f"ws://127.0.0.1:{deployment.ports['web2']}/ws/v1?cancel_on_disconnect=true"
    with connect(address, additional_headers={"Authorization": f"Bearer {key}"}) as socket:
        assert json.loads(socket.recv())["type"] == "guarded"
        placed = deployment.request(
            "web1", "POST", "/api/v1/orders", key, {**order, "side": "buy", "client_order_id": "b-2"}
        )
        assert placed["status"] == "open"
        deployment.processes["web2"].kill()
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        found = deployment.request("web1", "GET", f"/api/v1/orders/{placed['order_id']}", key)
        if found["status"] == "cancelled":
            return
        time.sleep(0.1)
    raise AssertionError("the orders outlived their socket")


def wait_for_the_outbox(deployment: Deployment) -> None:
    """Until the floor has heard of all the seeding wrote: members, money, goods, the open session."""
    deadline = time.monotonic() + READY_S
    with contextlib.closing(psycopg2.connect(deployment.environment["DATABASE_URL"])) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            while time.monotonic() < deadline:
                cursor.execute("SELECT count(*), count(applied_seq) FROM kernel_outbox")
                written, applied = cursor.fetchone() or (0, 0)
                if written and written == applied:
                    return
                time.sleep(0.05)
    raise AssertionError("the demo market did not open")


def test_every_service_says_how_it_is_and_waits_for_what_it_needs() -> None:
    for name, service in services().items():
        if name == "migrate":
            assert service["depends_on"]["postgres"]["condition"] == "service_healthy"
            continue
        assert service["healthcheck"]["test"], name
        if name not in ("postgres", "redis"):
            assert "migrate" in str(service["depends_on"]) or "floor" in service["depends_on"], name


def test_what_must_survive_lies_in_a_volume() -> None:
    found = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    mounted = {
        volume.partition(":")[0] for each in found["services"].values() for volume in each.get("volumes", [])
    }
    assert mounted == set(found["volumes"])
    assert "postgres" in mounted
