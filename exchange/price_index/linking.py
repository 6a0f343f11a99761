"""The yearly chain link: on the link day a new edition of weights goes on where the old one stands.

I(t) = I(T) · Σ w'·P(t)/P(T) / Σ w', with T the link day and w' the new weights; each sub-index likewise from
its own value on T. T is the last published day before the edition's first day, if every new cell has a price
then and every series that goes on a value; while one is missing the old edition stays and the link waits for
the next published day.

A cell in both editions has the price published for T, normalised by the new premium or discount; a new one
has its price of T by the same ladder, from evidence in the link's document. Later revisions of T leave the
link as it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import add_trading_days
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.markets.selectors import products_by_number
from exchange.price_index import method
from exchange.price_index.collecting import attributes_of, new_cells
from exchange.price_index.method import CellEvidence, Evidence
from exchange.price_index.models import IndexEdition, IndexLink, IndexValue, IndexWeight
from exchange.price_index.series_types import GROUPED, Series


class NewWeight(NamedTuple):
    """A cell of a new edition as its ``weights`` column has it."""

    product_number: int
    product_code: str
    weight_bps: int
    premium_discount_fen: int


class LinkAttempt(NamedTuple):
    """The document of a link, and the codes it waits for: cells without a price, series without a value."""

    document: dict[str, Any]
    waits_for: tuple[str, ...]


def weights_of(edition: IndexEdition) -> list[NewWeight]:
    """The cells of an edition."""
    return [NewWeight(*row) for row in edition.weights]


def link_due(value: IndexValue, *, actor: Actor) -> bool:
    """Links the approved edition whose time has come to a value just published; whether it did.

    A day after it that was computed already, even as a draft, has used the old edition: then the link waits
    for the next day that is published, and for what it waited for before when the value is a revision.
    """
    edition = edition_due(value)
    if edition is None:
        return False
    later = value.definition.values.filter(day__gt=value.day).order_by("day").first()
    if later and value.revision:
        return False
    attempt = attempted(edition, value)
    waits_for = [later.day.isoformat()] if later else list(attempt.waits_for)
    if waits_for != edition.waits_for:
        edition.waits_for = waits_for
        edition.save(update_fields=["waits_for"])
    subject = f"index:{value.definition.code}:edition:{edition.number}"
    if waits_for:
        waits = {"day": value.day.isoformat(), "waits_for": waits_for}
        audit.record(actor=actor, action="index.link_waits", subject=subject, after=waits)
        return False
    row = _linked(edition, value, attempt.document)
    after = {"day": row.day.isoformat(), "value": row.value, "sha256": row.sha256}
    audit.record(actor=actor, action="index.link", subject=subject, after=after)
    return True


def edition_due(value: IndexValue) -> IndexEdition | None:
    """The newest approved edition the trading day after a value's may use, unless it is linked already.

    An edition that waited until the next one came is overtaken and never used.
    """
    editions = IndexEdition.objects.select_related("link").filter(
        definition_id=value.definition_id,
        state=IndexEdition.APPROVED,
        first_day__lte=add_trading_days(value.day, 1),
    )
    newest = editions.order_by("-number").first()
    return None if newest is None or hasattr(newest, "link") else newest


def attempted(edition: IndexEdition, value: IndexValue) -> LinkAttempt:
    """What linking an edition to a published value gives, from the books as they are."""
    evidence: Evidence = msgspec.json.decode(value.evidence)
    known = {cell["product"] for cell in evidence["cells"]}
    products = products_by_number()
    weights = weights_of(edition)
    fresh = [weight for weight in weights if weight.product_number not in known]
    return document_of(
        edition,
        value,
        attributes={
            weight.product_number: attributes_of(products.get(weight.product_number)) for weight in weights
        },
        fresh={
            cell["product"]: cell
            for cell in new_cells(
                [(new.product_number, new.product_code, new.premium_discount_fen) for new in fresh], value.day
            )
        },
    )


def document_of(
    edition: IndexEdition,
    value: IndexValue,
    *,
    attributes: Mapping[int, dict[str, str]],
    fresh: Mapping[int, CellEvidence],
) -> LinkAttempt:
    """A pure function of the value's evidence, the new weights and the evidence of the cells that are new."""
    evidence: Evidence = msgspec.json.decode(value.evidence)
    result = method.apply(evidence)
    published = {
        cell["product"]: (cell["premium_discount_fen"], found.price_milli)
        for cell, found in zip(evidence["cells"], result.cells, strict=True)
    }
    series = {found.series.code: found.value for found in result.series if found.series.key}
    cells, missing = [], [] if value.value else ["all"]
    for weight in weights_of(edition):
        price = _base_price(weight, published, fresh, evidence["parameters"])
        if price is None or price <= 0:
            missing.append(weight.product_code)
        cells.append(
            {
                "product": weight.product_number,
                "code": weight.product_code,
                "weight_bps": weight.weight_bps,
                "premium_discount_fen": weight.premium_discount_fen,
                "base_price_milli": price,
                "attributes": attributes[weight.product_number],
                "evidence": fresh.get(weight.product_number),
            }
        )
    goes_on = _codes(attributes.values())
    missing += [code for code, points in series.items() if code in goes_on and points is None]
    document = {
        "method": evidence["method"],
        "index": value.definition.code,
        "edition": edition.number,
        "day": value.day.isoformat(),
        "revision": value.revision,
        "evidence_hash": value.evidence_hash,
        "value": value.value,
        "series": {code: points for code, points in series.items() if code in goes_on},
        "parameters": evidence["parameters"],
        "cells": cells,
    }
    return LinkAttempt(document, tuple(missing))


def _base_price(
    weight: NewWeight,
    published: Mapping[int, tuple[int, int | None]],
    fresh: Mapping[int, CellEvidence],
    parameters: method.Parameters,
) -> int | None:
    """Price of the link day in thousandths of a fen, normalised by the new premium or discount."""
    if weight.product_number in published:
        premium, price = published[weight.product_number]
        return None if price is None else price + (premium - weight.premium_discount_fen) * 1_000
    return method.cell_price(fresh[weight.product_number], parameters).price_milli


def _codes(attributes: Iterable[Mapping[str, str]]) -> set[str]:
    """Codes of the sub-indexes cells with these attributes have."""
    return {
        Series(dimension, own[dimension]).code
        for own in attributes
        for dimension in GROUPED
        if own.get(dimension)
    }


def _linked(edition: IndexEdition, value: IndexValue, document: dict[str, Any]) -> IndexLink:
    row = IndexLink.objects.create(
        edition=edition,
        day=value.day,
        value=document["value"],
        document=canonical_json(document).decode(),
        sha256=canonical_hash(document),
        linked_at=calendar.now(),
    )
    IndexWeight.objects.bulk_create(
        IndexWeight(
            definition=edition.definition,
            edition=edition.number,
            product_number=cell["product"],
            product_code=cell["code"],
            weight_bps=cell["weight_bps"],
            base_price_milli=cell["base_price_milli"],
            premium_discount_fen=cell["premium_discount_fen"],
        )
        for cell in document["cells"]
    )
    return row


def link_follows(row: IndexLink) -> bool:
    """Whether a stored link, its edition and weights, and the value it was made on belong together."""
    document = msgspec.json.decode(row.document)
    if canonical_hash(document) != row.sha256:
        return False
    value = (
        IndexValue.objects.select_related("definition")
        .filter(definition=row.edition.definition, day=row.day, evidence_hash=document.get("evidence_hash"))
        .exclude(status="draft")
        .first()
    )
    if value is None:
        return False
    cells = document["cells"]
    again = document_of(
        row.edition,
        value,
        attributes={cell["product"]: cell["attributes"] for cell in cells},
        fresh={cell["product"]: cell["evidence"] for cell in cells if cell["evidence"] is not None},
    )
    kept = IndexWeight.objects.filter(definition=row.edition.definition, edition=row.edition.number)
    same_cells = [
        (cell["product"], cell["weight_bps"], cell["base_price_milli"], cell["premium_discount_fen"])
        for cell in cells
    ] == list(kept.values_list("product_number", "weight_bps", "base_price_milli", "premium_discount_fen"))
    return not again.waits_for and again.document == document and row.value == value.value and same_cells
