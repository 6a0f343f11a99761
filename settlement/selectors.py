"""What others may know of the ledger, bank movements, contracts and statements. Lists are newest first."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, Q, QuerySet, Sum

from exchange.kernel.errors import BadCursor, BadParameter, NotFound
from settlement.accounts import bond_of, cash_of, escrow_of, quality_deposit_of
from settlement.contracts import document_of
from settlement.line_texts import LINE_TEXTS
from settlement.models import BankAccount, BankMovement, Contract, DailyStatement, LedgerAccount
from settlement.shown import ContractView, FundsSummary, LedgerLine, MovementView, Page, Party, StatementView
from settlement.terms import FIRST_VERSION, delivery_window, terms_hash, terms_of
from settlement.types import AccountKind, GoodsLot, MovementState

MAX_PAGE = 500

_Stored = TypeVar("_Stored", bound=Model)
_View = TypeVar("_View")

_NEWEST_LINES = """
SELECT id, transfer_key, kind, amount_fen, day, posted_at_ns, reference FROM (
    SELECT * FROM (
        SELECT id, transfer_key, kind, -amount_fen AS amount_fen, day, posted_at_ns, reference
        FROM settlement_transfer WHERE debit_account_id = %(account)s AND phase IN (1, 3) AND id < %(before)s
        ORDER BY id DESC LIMIT %(limit)s) debits
    UNION ALL
    SELECT * FROM (
        SELECT id, transfer_key, kind, amount_fen, day, posted_at_ns, reference
        FROM settlement_transfer WHERE credit_account_id = %(account)s AND phase IN (1, 3) AND id < %(before)s
        ORDER BY id DESC LIMIT %(limit)s) credits
) lines ORDER BY id DESC LIMIT %(limit)s
"""

_BALANCE_AT = """
SELECT credits_posted - debits_posted
    + COALESCE((SELECT SUM(amount_fen) FROM settlement_transfer
                WHERE debit_account_id = %(account)s AND phase IN (1, 3) AND id > %(last)s), 0)
    - COALESCE((SELECT SUM(amount_fen) FROM settlement_transfer
                WHERE credit_account_id = %(account)s AND phase IN (1, 3) AND id > %(last)s), 0)
FROM settlement_ledgeraccount WHERE id = %(account)s
"""
"""Balance of a credit-normal account after transfer ``last``: what it is now without what came later."""

_FIRST_PAGE = 2**62


def funds_summary(account_no: int) -> FundsSummary:
    """A member's money as the ledger has it."""
    accounts = {a.kind: a for a in LedgerAccount.objects.filter(member_account_no=account_no)}
    cash = accounts.get(AccountKind.CASH)
    depositing = BankMovement.objects.filter(
        account_no=account_no, direction="deposit", state__in=(MovementState.REQUESTED, MovementState.SENT)
    ).aggregate(total=Sum("amount_fen"))["total"]
    return FundsSummary(
        account_no=account_no,
        cash_fen=cash.credits_posted - cash.debits_posted if cash else 0,
        withdrawing_fen=cash.debits_pending if cash else 0,
        quality_deposit_fen=_posted(accounts.get(AccountKind.QUALITY_DEPOSIT)),
        depositing_fen=depositing or 0,
        bond_fen=_posted(accounts.get(AccountKind.BOND)),
        escrow_fen=_posted(accounts.get(AccountKind.ESCROW)),
    )


def _posted(account: LedgerAccount | None) -> int:
    return account.credits_posted - account.debits_posted if account else 0


def ledger_cash() -> dict[int, tuple[int, int]]:
    """(posted balance, part of it reserved for withdrawals) of every member's cash, by account number."""
    accounts = LedgerAccount.objects.filter(kind=AccountKind.CASH)
    return {
        account_no: (credits_posted - debits_posted, debits_pending)
        for account_no, credits_posted, debits_posted, debits_pending in accounts.values_list(
            "member_account_no", "credits_posted", "debits_posted", "debits_pending"
        )
        if account_no is not None
    }


def ledger_lines(
    account_no: int, *, account: str = AccountKind.CASH, cursor: str | None = None, limit: int = 50
) -> Page[LedgerLine]:
    """Money in and out of one account of a member (``cash``, ``bond`` …): the balance after each, and why."""
    code = _member_account_code(account_no, account)
    account_id = LedgerAccount.objects.filter(code=code).values_list("id", flat=True).first()
    if account_id is None:
        return Page((), None)
    limit = _page_size(limit)
    before = _FIRST_PAGE if cursor is None else _id_in(cursor)
    with connection.cursor() as query:
        query.execute(_NEWEST_LINES, {"account": account_id, "before": before, "limit": limit + 1})
        found = query.fetchall()
        if not found:
            return Page((), None)
        query.execute(_BALANCE_AT, {"account": account_id, "last": found[0][0]})
        balance = query.fetchone()[0]
    lines = _with_balances(found[:limit], int(balance))
    return Page(lines, str(lines[-1].transfer_id) if len(found) > limit else None)


def bank_account_of(account_no: int) -> str | None:
    """The member's bank account as shown to people, or None if none is bound."""
    bound = BankAccount.objects.filter(account_no=account_no).first()
    return None if bound is None else _masked(bound)


def bank_movements(
    account_no: int | None = None, *, cursor: str | None = None, limit: int = 50
) -> Page[MovementView]:
    """Deposits and withdrawals of a member, or of everybody."""
    movements = BankMovement.objects.select_related("bank_account")
    if account_no is not None:
        movements = movements.filter(account_no=account_no)
    return page_of(movements, movement_view, cursor, limit)


def contracts_of(account_no: int, *, cursor: str | None = None, limit: int = 50) -> Page[ContractView]:
    """Contracts in which a member sells or buys."""
    mine = Q(seller_no=account_no) | Q(buyer_no=account_no)
    return page_of(Contract.objects.filter(mine), contract_view, cursor, limit)


def all_contracts(*, cursor: str | None = None, limit: int = 50) -> Page[ContractView]:
    """Contracts of everybody, for the operator."""
    return page_of(Contract.objects.all(), contract_view, cursor, limit)


def access_contract(contract_no: str, *, account_no: int | None) -> ContractView:
    """One contract, for one of its parties; ``account_no`` None = the operator, who may see all.

    Raises NotFound for a contract that does not exist and for one of others alike.
    """
    contract = Contract.objects.filter(contract_no=contract_no).first()
    if contract is None or (
        account_no is not None and account_no not in (contract.seller_no, contract.buyer_no)
    ):
        raise NotFound(detail=contract_no)
    return contract_view(contract)


def contract_document(contract_no: str) -> dict[str, Any]:
    """The document of a contract as it was hashed, and its hash. Raises NotFound."""
    contract = Contract.objects.filter(contract_no=contract_no).first()
    if contract is None:
        raise NotFound(detail=contract_no)
    return {"document": document_of(contract), "sha256": contract.document_hash}


def contract_nos(trade_ids: Iterable[int]) -> dict[int, str]:
    """Numbers of the contracts of trades."""
    return dict(Contract.objects.filter(trade_id__in=set(trade_ids)).values_list("trade_id", "contract_no"))


def statements_of(account_no: int, *, cursor: str | None = None, limit: int = 50) -> Page[StatementView]:
    """Daily statements of a member, all revisions."""
    return page_of(DailyStatement.objects.filter(account_no=account_no), statement_view, cursor, limit)


def statement(account_no: int, day: date) -> StatementView:
    """The newest revision of a member's statement of a day. Raises NotFound."""
    revisions = DailyStatement.objects.filter(account_no=account_no, day=day).order_by("-revision")
    newest = revisions.first()
    if newest is None:
        raise NotFound(detail=f"statement of {day}")
    return statement_view(newest)


def statements_of_day(day: date) -> list[StatementView]:
    """The newest revision of every member's statement of a day, by account number."""
    newest = {row.account_no: row for row in DailyStatement.objects.filter(day=day).order_by("revision")}
    return [statement_view(newest[account_no]) for account_no in sorted(newest)]


def movement_view(movement: BankMovement) -> MovementView:
    """A movement as people see it."""
    return MovementView(
        id=movement.pk,
        account_no=movement.account_no,
        movement_no=movement.movement_no,
        direction=movement.direction,
        amount_fen=movement.amount_fen,
        state=movement.state,
        bank_ref=movement.bank_ref,
        bank_account=_masked(movement.bank_account),
        failure=movement.failure,
        requested_at_ns=movement.requested_at_ns,
        finished_at_ns=movement.finished_at_ns,
    )


def contract_view(contract: Contract) -> ContractView:
    """A contract with its parties as values."""
    terms = terms_of(contract.rulebook_version)
    opens, ends = delivery_window(contract.day, terms)
    return ContractView(
        seller=Party(
            contract.seller_no,
            contract.seller_code,
            contract.seller_name,
            contract.seller_uscc,
            contract.seller_signatory,
        ),
        buyer=Party(
            contract.buyer_no,
            contract.buyer_code,
            contract.buyer_name,
            contract.buyer_uscc,
            contract.buyer_signatory,
        ),
        inspection_nos=tuple(contract.inspection_nos),
        receipt_nos=tuple(contract.receipt_nos),
        lots=tuple(GoodsLot(*lot) for lot in contract.lots or ()),
        delivery_from=opens,
        delivery_until=ends,
        terms_hash="" if contract.rulebook_version == FIRST_VERSION else terms_hash(terms),
        **{name: getattr(contract, name) for name in _PLAIN_CONTRACT_FIELDS},
    )


_PLAIN_CONTRACT_FIELDS = [
    "contract_no",
    "trade_id",
    "mode",
    "rulebook_version",
    "formed_at_ns",
    "day",
    "seq",
    "product_code",
    "product_name",
    "spec",
    "quality_standard",
    "delivery_place",
    "quantity_kg",
    "price_fen",
    "amount_fen",
    "buyer_fee_fen",
    "seller_fee_fen",
    "deposit_fen",
    "deposit_release_day",
    "price_basis",
    "over_short_bps",
    "delivery_method",
    "storage_fee_from",
    "payment_schedule",
    "dispute_clause",
    "document_hash",
    "status",
    "payment",
    "bond_fen",
]


def statement_view(stored: DailyStatement) -> StatementView:
    """A statement as a value."""
    return StatementView(**{name: getattr(stored, name) for name in StatementView.__dataclass_fields__})


def _member_account_code(account_no: int, account: str) -> str:
    codes = {
        AccountKind.CASH: cash_of,
        AccountKind.QUALITY_DEPOSIT: quality_deposit_of,
        AccountKind.BOND: bond_of,
        AccountKind.ESCROW: escrow_of,
    }
    for kind, code_of in codes.items():
        if account == kind:
            return code_of(account_no)
    raise BadParameter(name="account")


def _with_balances(found: Sequence[tuple[Any, ...]], balance: int) -> tuple[LedgerLine, ...]:
    """Lines from the newest down; ``balance`` is the one after the first."""
    trades = [int(row[6].partition(":")[2]) for row in found if row[6].startswith("trade:")]
    numbers = contract_nos(trades)
    lines = []
    for id_, key, kind, amount_fen, day, posted_at_ns, reference in found:
        subject, _, no = reference.partition(":")
        zh, en = LINE_TEXTS[kind]
        lines.append(
            LedgerLine(
                transfer_id=id_,
                key=key,
                kind=kind,
                amount_fen=amount_fen,
                balance_fen=balance,
                day=day if isinstance(day, date) else date.fromisoformat(day),
                posted_at_ns=posted_at_ns,
                reference=reference,
                contract_no=numbers.get(int(no)) if subject == "trade" else None,
                text_zh=zh.format(no=no),
                text_en=en.format(no=no),
            )
        )
        balance -= amount_fen
    return tuple(lines)


def page_of(
    rows: "QuerySet[_Stored]", view: Callable[[_Stored], _View], cursor: str | None, limit: int
) -> Page[_View]:
    """The newest rows before a cursor. Raises BadCursor, BadParameter."""
    limit = _page_size(limit)
    if cursor is not None:
        rows = rows.filter(pk__lt=_id_in(cursor))
    found = list(rows.order_by("-pk")[: limit + 1])
    more = len(found) > limit
    return Page(tuple(view(row) for row in found[:limit]), str(found[limit - 1].pk) if more else None)


def _page_size(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise BadParameter(name="limit")
    return limit


def _id_in(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise BadCursor
    return int(cursor)


def _masked(bound: BankAccount) -> str:
    return f"{bound.bank_name} ····{bound.bank_account_no[-4:]}"
