"""Measuring the receipt register: lists, the public verification page, and walking every chain.

Fills an empty register with lots brought in by the services and receipts sold on in parts, then asks as its
users do: the operator's register with its filters, a member's own receipts, the public page as a visitor
gets it. Writes what it found to a file when asked to.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from exchange.kernel.documents.codes import code_of
from exchange.markets import selectors as market
from exchange.members.selectors import member_by_code
from exchange.ops import demo
from exchange.ops.demo_data import BUYERS, GROWERS, PRODUCTS
from exchange.ops.demo_store import bring_to_store
from exchange.ops.static_files import collect_when_changed
from warehouse_receipts import bench, selectors
from warehouse_receipts.chain_check import broken_chains
from warehouse_receipts.desk_selectors import register
from warehouse_receipts.verify import shortfalls
from warehouse_receipts.viewing import OPERATOR

QUESTIONS = 200
SEED_TONNES = 40


def measure(*, receipts: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Fills, asks, verifies; times in ms and s. The exchange's own data must be empty."""
    if selectors.warehouses():
        raise SystemExit(
            "jinguo: bench receipts fills an empty exchange only: set DATA_DIR to an empty folder"
        )
    demo.seed(tonnes_per_grower=SEED_TONNES, open_market=False)
    started = time.perf_counter()
    holders = [member_by_code(member.code).account_no for member in (*GROWERS, *BUYERS)]
    bench.fill(
        _lots(),
        receipts=receipts,
        holders=holders,
        progress=lambda made: say(f"... {made} receipts") if made % 10_000 == 0 else None,
    )
    filled_s = time.perf_counter() - started
    collect_when_changed()
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    lists = _timed(_list_questions())
    pages = _timed(_verify_questions())
    started = time.perf_counter()
    broken = [*broken_chains(processes=os.cpu_count() or 1)]
    chain_s = time.perf_counter() - started
    started = time.perf_counter()
    short = shortfalls()
    recount_s = time.perf_counter() - started
    assert not broken, broken[:3]
    assert not short, short[:3]
    return {
        **bench.counts(),
        "list_p50_ms": round(_percentile(lists, 50), 2),
        "list_p95_ms": round(_percentile(lists, 95), 2),
        "verify_page_p50_ms": round(_percentile(pages, 50), 2),
        "verify_page_p95_ms": round(_percentile(pages, 95), 2),
        "chain_verify_s": round(chain_s, 2),
        "recount_s": round(recount_s, 2),
        "fill_s": round(filled_s, 1),
        "processes": os.cpu_count() or 1,
        "database": settings.DATABASES["default"]["ENGINE"].rpartition(".")[2],
    }


def _lots() -> Callable[[int], str]:
    """Brings lots of every product, each owned by the growers in turn."""
    products = [market.product_by_code(cell.code) for cell in PRODUCTS]
    growers = [member_by_code(grower.code) for grower in GROWERS]

    def bring(number: int) -> str:
        which = number % len(products)
        grower = growers[number % len(growers)]
        bring_to_store(grower, PRODUCTS[which], products[which], bench.LOT_KG // 1_000, actor=demo.DEMO)
        newest = selectors.receipts_of(grower.account_no, product_number=products[which].number, limit=1)
        return newest[0].receipt_no

    return bring


def _list_questions() -> Iterator[Callable[[], object]]:
    """Lists as their pages ask for them, over the whole register."""
    sample = bench.some_receipts(QUESTIONS)
    products = itertools.cycle(market.products_by_number())
    houses = itertools.cycle([house.code for house in selectors.warehouses()])
    client = Client()
    client.force_login(get_user_model().objects.get(username=BUYERS[0].code.lower()))
    for at, (no, holder_no) in enumerate(sample):
        match at % 6:
            case 0:
                yield partial(register, OPERATOR, warehouse=next(houses))
            case 1:
                yield partial(register, OPERATOR, product_number=next(products))
            case 2:
                yield partial(register, OPERATOR, search=no[:-2])
            case 3:
                yield partial(register, OPERATOR, stage=("free", "listing")[at // 6 % 2])
            case 4:
                yield partial(selectors.receipts_of, holder_no)
            case _:
                yield partial(_page, client, "/me/receipts/")


def _verify_questions() -> Iterator[Callable[[], object]]:
    """The public page, each time as another visitor: it counts what one address asks."""
    client = Client()
    for at, (no, _) in enumerate(bench.some_receipts(QUESTIONS)):
        address = reverse("verify_answer", args=("receipt", no, code_of("receipt", no)))
        visitor = f"10.0.{at // 250}.{at % 250 + 1}"
        yield partial(_page, client, address, REMOTE_ADDR=visitor)


def _page(client: Client, address: str, **headers: str) -> None:
    response = client.get(address, **headers)  # type: ignore[arg-type]
    assert response.status_code == 200, response.status_code


def _timed(questions: Iterator[Callable[[], object]]) -> list[float]:
    """Milliseconds each question took; the first few warm up and do not count."""
    taken = []
    for at, ask in enumerate(questions):
        started = time.perf_counter()
        ask()
        if at >= 10:
            taken.append((time.perf_counter() - started) * 1_000)
    return sorted(taken)


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
