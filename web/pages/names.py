"""Names of members, products and varieties, looked up once for a page or a paper."""

from collections.abc import Iterable
from functools import cached_property

from exchange.markets.selectors import products_by_number, varieties
from exchange.markets.types import ProductRow
from exchange.members.selectors import members_by_account_no
from exchange.members.types import MemberRow
from warehouse_receipts.papers.rows import PaperParty
from web.pages import words


class RegisterNames:
    """What the register knows by numbers, in words: Chinese for papers, the reader's language for pages."""

    def __init__(self) -> None:
        self._parties: dict[int, PaperParty] = {}

    def know(self, account_nos: Iterable[int]) -> None:
        """Looks these members up at once, for a page that names many."""
        wanted = set(account_nos) - self._parties.keys()
        if wanted:
            found = members_by_account_no(wanted)
            self._parties |= {number: _party(number, found.get(number)) for number in wanted}

    def party(self, account_no: int) -> PaperParty:
        """A member as papers name it."""
        self.know([account_no])
        return self._parties[account_no]

    def product(self, number: int) -> str:
        """A product's Chinese name."""
        product = self.products.get(number)
        return str(number) if product is None else product.name_zh

    def shown_product(self, number: int) -> str:
        """A product's name in the reader's language."""
        product = self.products.get(number)
        return str(number) if product is None else words.product_name(product)

    def variety(self, code: str) -> str:
        """A variety's Chinese name."""
        return self._varieties.get(code, (code, code))[0]

    def shown_variety(self, code: str) -> str:
        """A variety's name in the reader's language."""
        return self._varieties.get(code, (code, code))[0 if words.in_chinese() else 1]

    @cached_property
    def products(self) -> dict[int, ProductRow]:
        """All products by number."""
        return products_by_number()

    @cached_property
    def _varieties(self) -> dict[str, tuple[str, str]]:
        return {variety.code: (variety.name_zh, variety.name_en) for variety in varieties()}


def _party(account_no: int, member: MemberRow | None) -> PaperParty:
    if member is None:
        return PaperParty(str(account_no))
    return PaperParty(member.name, member.code, member.uscc, member.county)
