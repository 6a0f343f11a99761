"""Members and an operator in the halls of a running exchange, over HTTP: what tests of the faces begin with.

Lots are whole receipts and the demo's are large, so prices stay near the reference and money suffices.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from exchange.kernel.calendar import now
from exchange.kernel.money import format_yuan, parse_price
from tests.exchange_process import ExchangeProcess

PASSWORD = "jinguo-demo-2026"
PATIENCE_S = 20.0
S = 10**9
BOND = {"bond_fen_per_t": "1.00", "fee_reserve_fen_per_t": "0.10"}


def ahead(**time: float) -> str:
    """A time from now on, as the API takes it."""
    return (now() + timedelta(**time)).isoformat()


def fresh() -> str:
    """A client id nobody used."""
    return uuid.uuid4().hex


def until(found: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """What ``found`` gives once that is something."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"nothing came within {patience_s} s")


@dataclass
class Person:
    """A member at the API."""

    code: str
    client: httpx.Client

    def get(self, path: str, **query: Any) -> Any:
        """The answer's content."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """A request with a body, refused or not."""
        return self.client.request(method, path, json=body, headers=headers)

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        """A request that is taken."""
        answer = self.send("POST", path, {} if body is None else body)
        assert answer.status_code in (200, 201), answer.text
        content: dict[str, Any] = answer.json()
        return content

    def refused(self, path: str, body: Mapping[str, object], method: str = "POST") -> str:
        """Code of a refusal; it says why and what to do in both languages."""
        answer = self.send(method, path, body if method == "POST" else None)
        problem = answer.json()
        assert answer.status_code >= 400, problem
        assert answer.headers["content-type"] == "application/problem+json"
        assert all(problem[text][language] for text in ("message", "hint") for language in ("zh", "en"))
        return str(problem["code"])


@dataclass
class Halls:
    """The people, and what they have done so far."""

    exchange: ExchangeProcess
    people: dict[str, Person]
    operator: httpx.Client
    used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, exchange: ExchangeProcess) -> "Halls":
        """Everybody of the demo, with keys, and the operator logged in."""
        people = {}
        for row in exchange.demo_keys():
            headers = {"Authorization": f"Bearer {row['key']}"}
            client = httpx.Client(base_url=f"{exchange.url}/api/v1", headers=headers, timeout=30)
            people[row["code"]] = Person(row["code"], client)
        operator = httpx.Client(base_url=exchange.url, headers={"Origin": exchange.url}, timeout=30)
        operator.get("/accounts/login/")
        token = operator.cookies["csrftoken"]
        form = {"login": "operator", "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert operator.post("/accounts/login/", data=form).status_code == 302
        return cls(exchange, people, operator)

    def close(self) -> None:
        """Everybody leaves."""
        self.operator.close()
        for person in self.people.values():
            person.client.close()

    def __getitem__(self, code: str) -> Person:
        return self.people[code]

    def act(self, verb: str, subject: str) -> None:
        """The operator does something in the console."""
        token = self.operator.cookies["csrftoken"]
        form = {"verb": verb, "subject": subject, "reason": "资料齐全", "csrfmiddlewaretoken": token}
        page = self.operator.post("/console/halls/act/", data=form, follow_redirects=True).text
        assert "notice--ok" in page, page[page.find("notice--") :][:500]

    # Goods ------------------------------------------------------------------------------------------

    def receipt(self, code: str = "G001") -> tuple[dict[str, Any], dict[str, Any]]:
        """A receipt of a grower nobody has used, and its product; with it, prices are known."""
        products = {row["code"]: row for row in self[code].get("/products")["items"]}
        for row in self[code].get("/receipts", limit=500)["items"]:
            if row["free_kg"] == row["kg"] and row["receipt_no"] not in self.used:
                self.used.add(row["receipt_no"])
                return row, products[row["product"]]
        raise AssertionError(f"{code} has no receipt left")

    def listing(self, code: str = "G001", **terms: object) -> dict[str, Any]:
        """A listing in the hall: submitted, approved, open."""
        receipt, product = self.receipt(code)
        body = {
            "side": "sell",
            "price": product["reference_price"],
            "valid_until": ahead(hours=20),
            "receipts": [receipt["receipt_no"]],
            "minimum_kg": 1_000,
            **terms,
        }
        number = self[code].post("/listings", body)["listing_id"]
        self.act("approve", f"listing:{number}")
        return self.opened(code, number)

    def opened(self, code: str, number: int) -> dict[str, Any]:
        """The listing once the floor has it."""

        def found() -> dict[str, Any] | None:
            rows = self[code].get("/listings/mine")["items"]
            return next((row for row in rows if (row["listing_id"], row["state"]) == (number, "open")), None)

        row: dict[str, Any] = until(found)
        return row

    # Lots -------------------------------------------------------------------------------------------

    def lot(
        self,
        kind: str,
        parameters: Mapping[str, str | int],
        opens_in_s: float,
        *,
        alert_over: int = 0,
        entered: Sequence[str] = (),
    ) -> dict[str, Any]:
        """An announced auction of a receipt of G001; its alert price is so many fen over the start.

        entered: who is in it when this returns, and so before it opens, however slow the machine is.
        """
        receipt, product = self.receipt()
        price = parse_price(product["reference_price"])
        own = {"floor": format_yuan(price - 20)} if kind == "dutch" else {}
        if alert_over:
            own["alert"] = format_yuan(price + alert_over)
        body = {
            "kind": kind,
            "start_price": product["reference_price"],
            "opens_at": ahead(seconds=opens_in_s),
            "parameters": {**BOND, **own, **parameters},
            "receipts": [receipt["receipt_no"]],
        }
        number = self["G001"].post("/auctions", body)["auction_id"]
        self.act("approve_announce", f"auction:{number}")
        announced = self.state(number, "announced", "open")
        self.enter(number, *entered)
        return announced

    def auction(self, number: int) -> dict[str, Any]:
        """An auction as everybody may see it."""
        answer = httpx.get(f"{self.exchange.url}/api/v1/auctions/{number}", timeout=30)
        content: dict[str, Any] = answer.json()
        return content

    def state(self, number: int, *states: str) -> dict[str, Any]:
        """The auction once it is in one of the states."""

        def found() -> dict[str, Any] | None:
            row = self.auction(number)
            return row if row.get("state") in states else None

        row: dict[str, Any] = until(found, 40)
        return row

    def enter(self, number: int, *codes: str) -> None:
        """Members put up their bonds."""
        for code in codes:
            self[code].post(f"/auctions/{number}/entry", {"client_id": fresh()})

    def bid(self, code: str, number: int, fen: int, **more: object) -> httpx.Response:
        """A bid at the present epoch, refused or not."""
        body = {
            "price": format_yuan(fen),
            "epoch": self.auction(number)["epoch"],
            "client_id": fresh(),
            **more,
        }
        return self[code].send("POST", f"/auctions/{number}/bids", body)

    def verified(self, number: int) -> dict[str, Any]:
        """What ``jinguo auction verify`` makes of the published file."""
        path = self.exchange.directory / f"auction-{number}.json"
        address = f"{self.exchange.url}/auctions/{number}/file/"
        path.write_bytes(httpx.get(address, timeout=30).content)
        verdict: dict[str, Any] = json.loads(self.exchange.jinguo("auction", "verify", str(path)))
        return verdict


def fen(price: str) -> int:
    """A price as the API writes it, in fen per kg."""
    return parse_price(price)


def moment(text: str) -> datetime:
    """A time as the API writes it."""
    return datetime.fromisoformat(text)
