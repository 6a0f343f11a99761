"""Intentions and inquiries as templates show them: names for numbers, masked for who is no member."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from exchange.bulletin.supply_matching import Suggestion
from exchange.bulletin.supply_types import InquiryRow, IntentionRow, NewIntention
from exchange.kernel.money import format_price_per_jin, format_yuan
from exchange.kernel.quantity import format_tonnes
from exchange.markets.selectors import products_by_number, varieties
from exchange.markets.types import ProductRow
from exchange.members.masking import masked
from exchange.members.selectors import identity_of_user, members_by_account_no
from exchange.members.types import MemberIdentity, MemberRow
from web.pages import supply_words, words
from web.pages.access import TRADE_ROLES, is_operator


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at the board."""

    identity: MemberIdentity | None
    operator: bool = False

    @property
    def number(self) -> int | None:
        """The account, or None for who acts for no member."""
        return None if self.identity is None else self.identity.account_no

    @property
    def knows_names(self) -> bool:
        """Members and the operator read names in full, everybody else a mask."""
        return self.operator or self.identity is not None

    @property
    def may_act(self) -> bool:
        """Whether the person may write on the board for the member."""
        who = self.identity
        return who is not None and who.role in TRADE_ROLES and not who.suspended


def reader_of(request: HttpRequest) -> Reader:
    """Who asks for the page."""
    if is_operator(request):
        return Reader(None, operator=True)
    return Reader(identity_of_user(request.user.pk) if request.user.pk else None)


class BoardNames:
    """What rows name by number, asked for once."""

    def __init__(self, reader: Reader, account_nos: Iterable[int]) -> None:
        self._reader = reader
        self._members: Mapping[int, MemberRow] = members_by_account_no(account_nos)
        self.products: dict[int, ProductRow] = products_by_number()
        self._varieties = {row.code: (row.name_zh, row.name_en) for row in varieties()}

    def member(self, account_no: int) -> str:
        """A member's name, as this reader may see it."""
        row = self._members.get(account_no)
        if row is None:
            return str(account_no)
        return row.name if self._reader.knows_names else masked(row.name)

    def code(self, account_no: int) -> str:
        """A member's code; the public is not told."""
        row = self._members.get(account_no)
        return row.code if row is not None and self._reader.knows_names else ""

    def kind(self, account_no: int) -> str:
        """What kind of member it is."""
        row = self._members.get(account_no)
        return "" if row is None else words.word(words.KIND, row.kind)

    def variety(self, code: str) -> str:
        """A variety's name in the reader's language; one the exchange does not list as it was written."""
        return self._varieties.get(code, (code, code))[0 if words.in_chinese() else 1]

    def title(self, terms: NewIntention) -> str:
        """What the goods are, in one line."""
        product = self.products.get(terms.product_number or 0)
        if product is not None:
            return words.product_name(product)
        spec = terms.spec
        parts = [self.variety(spec.variety)]
        if spec.size_mm:
            parts.append(f"{spec.size_mm}#" if words.in_chinese() else f"{spec.size_mm} mm+")
        if spec.grade:
            parts.append(words.word(words.GRADE, spec.grade))
        return " ".join(parts) if words.in_chinese() else ", ".join(parts)


def counties_text(counties: Iterable[str]) -> str:
    """Origins in words, or that any will do."""
    named = [words.word(words.COUNTY, county) for county in counties]
    return "、".join(named) if named else _("产地不限")


def kg_text(terms: NewIntention) -> str:
    """The range of quantity in tonnes."""
    least, most = format_tonnes(terms.least_kg), format_tonnes(terms.most_kg)
    return most if least == most else f"{least}–{most}"


def delivery_text(terms: NewIntention) -> str:
    """The delivery window, or nothing."""
    first, last = (f"{day:%m-%d}" if day else "" for day in (terms.deliver_from, terms.deliver_until))
    if first and last:
        return _("%(first)s 至 %(last)s") % {"first": first, "last": last}
    if first:
        return _("%(day)s 起") % {"day": first}
    return _("%(day)s 前") % {"day": last} if last else ""


def card(row: IntentionRow, names: BoardNames, reader: Reader) -> dict[str, Any]:
    """An intention in a list and at the head of its own page."""
    terms = row.terms
    product = names.products.get(terms.product_number or 0)
    kind, icon = supply_words.STATE_MARK[row.state]
    return {
        "id": row.id,
        "no": row.no,
        "version": row.version,
        "side": words.side_word(terms.side),
        "side_text": words.word(supply_words.SIDE, words.side_word(terms.side)),
        "title": names.title(terms),
        "product_code": "" if product is None else product.code,
        "origin": counties_text(terms.spec.counties),
        "store": words.word(words.STORE, terms.spec.store_type) if terms.spec.store_type else "",
        "ssc": f"{terms.spec.ssc_tenths / 10:g}" if terms.spec.ssc_tenths else "",
        "tonnes": kg_text(terms),
        "least_kg": terms.least_kg,
        "most_kg": terms.most_kg,
        "price": terms.price,
        "place": terms.place,
        "delivery": delivery_text(terms),
        "valid_until": terms.valid_until,
        "note": terms.note,
        "who": names.member(row.account_no),
        "who_code": names.code(row.account_no),
        "who_kind": names.kind(row.account_no),
        "mine": row.account_no == reader.number,
        "receipt": row.receipt,
        "receipt_grade": words.word(words.GRADE, row.receipt.grade) if row.receipt else "",
        "state": row.state,
        "mark": {"kind": kind, "icon": icon, "text": words.word(supply_words.STATE, row.state)},
        "live": row.live,
        "reason": row.reason,
        "published_at": row.published_at,
        "changed_at": row.changed_at,
    }


def facts(row: IntentionRow, names: BoardNames) -> list[tuple[str, str]]:
    """The specification and the terms as pairs of name and value."""
    terms, spec = row.terms, row.terms.spec
    any_will_do = _("不限") if words.side_word(terms.side) == "buy" else _("未写明")
    return [
        (pgettext("variety", "品种"), names.variety(spec.variety)),
        (_("果径"), f"≥ {spec.size_mm} mm" if spec.size_mm else any_will_do),
        (
            _("等级"),
            _("%(grade)s 及以上") % {"grade": words.word(words.GRADE, spec.grade)}
            if spec.grade
            else any_will_do,
        ),
        (_("糖度"), f"≥ {spec.ssc_tenths / 10:g}%" if spec.ssc_tenths else any_will_do),
        (_("产地"), counties_text(spec.counties)),
        (_("贮藏"), words.word(words.STORE, spec.store_type) if spec.store_type else any_will_do),
        (_("数量"), f"{terms.least_kg:,} – {terms.most_kg:,} {_('公斤')}"),
        (_("交货地点"), terms.place or _("面议")),
        (_("交货时间"), delivery_text(terms) or _("面议")),
        (_("编号"), row.no),
    ]


def inquiry_card(row: InquiryRow, names: BoardNames, reader: Reader) -> dict[str, Any]:
    """An inquiry in a list and at the head of its conversation."""
    mine = row.account_no == reader.number
    other = row.owner_no if mine else row.account_no
    kind, icon = supply_words.INQUIRY_MARK[row.state]
    return {
        "id": row.id,
        "no": row.no,
        "intention_id": row.intention_id,
        "intention_no": row.intention_no,
        "side": words.side_word(row.intention_side),
        "mine": mine,
        "other_no": other,
        "other": names.member(other),
        "other_code": names.code(other),
        "kg": row.quantity_kg,
        "price": row.price,
        "state": row.state.value,
        "mark": {"kind": kind, "icon": icon, "text": words.word(supply_words.INQUIRY, row.state.value)},
        "unread": row.unread,
        "opened_at": row.opened_at,
        "last_at": row.last_at,
    }


def suggestion_card(each: Suggestion, names: BoardNames) -> dict[str, Any]:
    """A suggestion with its score and the reasons for it."""
    reasons = [(reason, supply_words.reason_text(reason)) for reason in each.score.reasons]
    shown: dict[str, Any] = {
        "points": each.score.points,
        "reasons": [
            {"text": text, "good": reason.points == reason.most, "bad": reason.points == 0}
            for reason, text in reasons
            if text
        ],
    }
    if each.intention is not None:
        terms = each.intention.terms
        return shown | {
            "kind": "intention",
            "url": f"/supply/{each.intention.id}/",
            "title": names.title(terms),
            "who": names.member(each.intention.account_no),
            "price": terms.price,
            "kg": terms.most_kg,
            "receipt": each.intention.receipt is not None,
        }
    if each.listing is not None:
        product = names.products.get(each.listing.product_number)
        return shown | {
            "kind": "listing",
            "url": f"/listings/{each.listing.id}/",
            "title": "" if product is None else words.product_name(product),
            "who": names.member(each.listing.account_no),
            "price": each.listing.price,
            "kg": each.listing.left_kg,
        }
    assert each.book is not None
    product = names.products[each.book.product_number]
    return shown | {
        "kind": "book",
        "url": f"/trade/{product.code}/",
        "title": words.product_name(product),
        "who": "",
        "price": each.book.price,
        "kg": each.book.kg,
    }


def price_text(price: int | None) -> str:
    """A price for a table: yuan per jin, or 面议."""
    return _("面议") if price is None else format_price_per_jin(price)


def price_kg_text(price: int | None) -> str:
    """The same per kg."""
    return "" if price is None else format_yuan(price)
