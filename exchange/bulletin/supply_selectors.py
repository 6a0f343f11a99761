"""Reading the supply and demand board.

Who may see what is decided here: an intention on the board is for everybody, an expired or closed one stays
readable, one that was taken down is for its owner and the operator; a conversation for its two parties, and
for the operator only where one of them has reported it.
"""

from collections.abc import Iterable, Sequence

from django.db.models import Count, F, Q, QuerySet
from django.db.models.expressions import OrderBy

from exchange.bulletin.supply_errors import UnknownInquiry, UnknownIntention
from exchange.bulletin.supply_models import (
    AbuseReport,
    Inquiry,
    InquiryContact,
    InquiryMessage,
    Intention,
    IntentionStep,
    MemberBlock,
)
from exchange.bulletin.supply_types import (
    EXPIRED,
    GRADE_RANK,
    Contact,
    ContactsRow,
    InquiryRow,
    InquiryState,
    IntentionFilter,
    IntentionPage,
    IntentionRow,
    IntentionState,
    IntentionStepRow,
    MessageRow,
    NewIntention,
    ReceiptMark,
    ReportKind,
    ReportRow,
    ReportState,
    Spec,
    Unread,
)
from exchange.kernel import calendar
from exchange.kernel.errors import NotFound
from exchange.members.selectors import suspended_accounts
from matching.types import Side
from warehouse_receipts.selectors import inspections, receipts_by_no

MAX_ROWS = 501
"""Most rows of one answer: a page of the API, and one more that tells of the next."""

_SORTS: dict[str, Sequence[str | OrderBy]] = {
    "newest": ("-id",),
    "price": (F("price").asc(nulls_last=True), "-id"),
    "-price": (F("price").desc(nulls_last=True), "-id"),
    "kg": ("most_kg", "-id"),
    "-kg": ("-most_kg", "-id"),
    "ends": ("valid_until", "-id"),
}


# Intentions ------------------------------------------------------------------------------------------


def intentions(
    *, wanted: IntentionFilter | None = None, sort: str = "newest", offset: int = 0, limit: int = 50
) -> IntentionPage:
    """What stands on the board. sort: one of SORTS; those without a price come last by price."""
    rows = _filtered(on_the_board(), wanted or IntentionFilter())
    return _page(rows.order_by(*_SORTS.get(sort, _SORTS["newest"])), offset, limit)


def on_the_board() -> QuerySet[Intention]:
    """Open intentions that have not expired, of members that are not suspended."""
    rows = Intention.objects.filter(state=IntentionState.OPEN, valid_until__gte=calendar.today())
    suspended = suspended_accounts()
    return rows.exclude(account_no__in=suspended) if suspended else rows


def _filtered(rows: QuerySet[Intention], wanted: IntentionFilter) -> QuerySet[Intention]:
    if wanted.side is not None:
        rows = rows.filter(side=wanted.side)
    if wanted.product_number is not None:
        rows = rows.filter(product_number=wanted.product_number)
    if wanted.variety:
        rows = rows.filter(variety=wanted.variety)
    if wanted.county:
        rows = rows.filter(Q(counties="") | Q(counties__contains=f"|{wanted.county}|"))
    if wanted.grade:
        rows = rows.filter(_as_floor("grade_rank", GRADE_RANK.get(wanted.grade, 1), unsaid={"grade": ""}))
    if wanted.size_mm:
        rows = rows.filter(_as_floor("size_mm", wanted.size_mm, unsaid={"size_mm": 0}))
    if wanted.lowest is not None:
        rows = rows.filter(price__gte=wanted.lowest)
    if wanted.highest is not None:
        rows = rows.filter(price__lte=wanted.highest)
    if wanted.with_receipt:
        named = rows.exclude(receipt_no="")
        marks = receipt_marks(named.values_list("account_no", "receipt_no"))
        rows = named.filter(receipt_no__in=[no for _account_no, no in marks])
    return rows


def _as_floor(column: str, value: int, *, unsaid: dict[str, object]) -> Q:
    """Supplies that are at least so good, demands that take what is so good; who says nothing may fit."""
    at_least = Q(side=Side.SELL, **{f"{column}__gte": value})
    at_most = Q(side=Side.BUY, **{f"{column}__lte": value})
    return at_least | at_most | Q(**unsaid)


def intention_by_id(
    intention_id: int, *, viewer_no: int | None = None, operator: bool = False
) -> IntentionRow:
    """An intention the viewer may see. Raises UnknownIntention."""
    row = Intention.objects.filter(pk=intention_id).first()
    if row is None:
        raise UnknownIntention(detail=str(intention_id))
    hidden = row.state == IntentionState.TAKEN_DOWN or row.account_no in suspended_accounts()
    if hidden and not operator and row.account_no != viewer_no:
        raise UnknownIntention(detail=str(intention_id))
    return intention_rows([row])[0]


def intentions_of(account_no: int, *, show: str = "all", offset: int = 0, limit: int = 50) -> IntentionPage:
    """A member's own, newest first. show: open (on the board), ended (expired, closed, taken down),
    taken_down or all.
    """
    rows = Intention.objects.filter(account_no=account_no).order_by("-id")
    stands = Q(state=IntentionState.OPEN, valid_until__gte=calendar.today())
    if show == "open":
        rows = rows.filter(stands)
    elif show == "ended":
        rows = rows.exclude(stands)
    elif show == "taken_down":
        rows = rows.filter(state=IntentionState.TAKEN_DOWN)
    return _page(rows, offset, limit)


def intentions_for_operator(
    *,
    state: str = "",
    search: str = "",
    account_no: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[IntentionRow]:
    """All there are, newest first. state: of IntentionState, or EXPIRED; search: number, place or note."""
    rows = Intention.objects.order_by("-id")
    today = calendar.today()
    if state == EXPIRED:
        rows = rows.filter(state=IntentionState.OPEN, valid_until__lt=today)
    elif state == IntentionState.OPEN:
        rows = rows.filter(state=IntentionState.OPEN, valid_until__gte=today)
    elif state:
        rows = rows.filter(state=state)
    if search:
        number = search.upper().removeprefix("GQ").lstrip("0")
        by_number = (
            Q(pk=int(number)) if number.isascii() and number.isdigit() and len(number) <= 12 else Q(pk=None)
        )
        rows = rows.filter(by_number | Q(note__icontains=search) | Q(place__icontains=search))
    if account_no is not None:
        rows = rows.filter(account_no=account_no)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return intention_rows(list(rows[: max(1, min(limit, 1_000))]))


def history(intention_id: int) -> list[IntentionStepRow]:
    """Every step of an intention, oldest first; for its owner and the operator."""
    rows = IntentionStep.objects.filter(intention_id=intention_id).order_by("id")
    return [
        IntentionStepRow(row.event, row.version, row.actor, row.reason, row.at, row.terms) for row in rows
    ]


def _page(rows: QuerySet[Intention], offset: int, limit: int) -> IntentionPage:
    start, count = max(0, offset), max(1, min(limit, MAX_ROWS))
    found = list(rows[start : start + count + 1])
    more = start + count if len(found) > count else None
    return IntentionPage(tuple(intention_rows(found[:count])), more, rows.count())


def intention_rows(found: Sequence[Intention]) -> list[IntentionRow]:
    """Intentions as they leave the package, with the receipts behind them as they are now."""
    marks = receipt_marks((row.account_no, row.receipt_no) for row in found if row.receipt_no)
    today = calendar.today()
    return [
        IntentionRow(
            id=row.pk,
            no=str(row),
            account_no=row.account_no,
            terms=_terms(row),
            state=EXPIRED if row.state == IntentionState.OPEN and row.valid_until < today else row.state,
            version=row.version,
            reason=row.reason,
            published_at=row.published_at,
            changed_at=row.changed_at,
            receipt=marks.get((row.account_no, row.receipt_no)),
        )
        for row in found
    ]


def _terms(row: Intention) -> NewIntention:
    return NewIntention(
        side=row.side,
        spec=Spec(
            variety=row.variety,
            size_mm=row.size_mm,
            grade=row.grade,
            ssc_tenths=row.ssc_tenths,
            counties=tuple(each for each in row.counties.split("|") if each),
            store_type=row.store_type,
        ),
        least_kg=row.least_kg,
        most_kg=row.most_kg,
        valid_until=row.valid_until,
        product_number=row.product_number,
        price=row.price,
        place=row.place,
        deliver_from=row.deliver_from,
        deliver_until=row.deliver_until,
        note=row.note,
        receipt_no=row.receipt_no,
    )


def receipt_marks(named: Iterable[tuple[int, str]]) -> dict[tuple[int, str], ReceiptMark]:
    """Of receipts named by (account, number) those that are the account's and free at this moment."""
    wanted = set(named)
    if not wanted:
        return {}
    found = receipts_by_no({no for _account_no, no in wanted})
    today = calendar.today()
    free = {
        (account_no, no): found[no]
        for account_no, no in wanted
        if no in found
        and found[no].holder_no == account_no
        and found[no].free_kg > 0
        and found[no].expires_on >= today
    }
    reports = inspections([row.inspection_no for row in free.values()])
    marks = {}
    for key, row in free.items():
        measured = reports[row.inspection_no].measurements if row.inspection_no in reports else None
        marks[key] = ReceiptMark(
            receipt_no=row.receipt_no,
            kg=row.free_kg,
            grade=row.grade.value,
            warehouse_name=row.warehouse_name,
            ssc_tenths=measured.ssc_tenths if measured else 0,
            size_mm=measured.diameter_mm if measured else 0,
        )
    return marks


# Inquiries -------------------------------------------------------------------------------------------


def inquiries_of(
    account_no: int,
    *,
    received: bool | None = None,
    intention_id: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> list[InquiryRow]:
    """Inquiries a member is a party to, the latest first; received: of its own intentions only, or not."""
    rows = Inquiry.objects.filter(_party(account_no))
    if received is not None:
        rows = rows.filter(owner_no=account_no) if received else rows.filter(account_no=account_no)
    if intention_id is not None:
        rows = rows.filter(intention_id=intention_id)
    rows = rows.select_related("intention").order_by("-last_at", "-id")
    found = list(rows[max(0, offset) : max(0, offset) + max(1, min(limit, MAX_ROWS))])
    unread = _unread_by_inquiry(account_no, [row.pk for row in found])
    return [_inquiry(row, unread.get(row.pk, 0)) for row in found]


def inquiry_by_id(inquiry_id: int, *, viewer_no: int) -> InquiryRow:
    """An inquiry the viewer is a party to. Raises UnknownInquiry."""
    row = Inquiry.objects.filter(_party(viewer_no), pk=inquiry_id).select_related("intention").first()
    if row is None:
        raise UnknownInquiry(detail=str(inquiry_id))
    return _inquiry(row, _unread_by_inquiry(viewer_no, [row.pk]).get(row.pk, 0))


def messages_in(inquiry_id: int, *, viewer_no: int) -> list[MessageRow]:
    """What the two wrote, oldest first, the last MAX_ROWS. Raises UnknownInquiry for who is no party."""
    if not Inquiry.objects.filter(_party(viewer_no), pk=inquiry_id).exists():
        raise UnknownInquiry(detail=str(inquiry_id))
    return _messages(inquiry_id)


def _messages(inquiry_id: int) -> list[MessageRow]:
    rows = InquiryMessage.objects.filter(inquiry_id=inquiry_id).order_by("-id")[:MAX_ROWS]
    return [MessageRow(row.pk, row.sender_no, row.by, row.event, row.text, row.at) for row in reversed(rows)]


def contacts(inquiry_id: int, *, viewer_no: int) -> ContactsRow:
    """The viewer's own contact, and the other's once both have given theirs."""
    if not Inquiry.objects.filter(_party(viewer_no), pk=inquiry_id).exists():
        raise UnknownInquiry(detail=str(inquiry_id))
    rows = InquiryContact.objects.filter(inquiry_id=inquiry_id)
    given = {row.account_no: Contact(row.account_no, row.person, row.phone) for row in rows}
    mine = given.pop(viewer_no, None)
    other = next(iter(given.values()), None)
    return ContactsRow(mine=mine, asked=other is not None, other=other if mine is not None else None)


def unread_of(account_no: int) -> Unread:
    """Messages the member has not seen, and in how many inquiries."""
    counts = _unread_by_inquiry(account_no, None)
    return Unread(messages=sum(counts.values()), inquiries=len(counts))


def _unread_by_inquiry(account_no: int, inquiry_ids: list[int] | None) -> dict[int, int]:
    own = Inquiry.objects.filter(_party(account_no)).values("id")
    rows = InquiryMessage.objects.filter(inquiry__in=own).exclude(sender_no=account_no)
    rows = rows.filter(
        Q(inquiry__account_no=account_no, id__gt=F("inquiry__seen_by_asker"))
        | Q(inquiry__owner_no=account_no, id__gt=F("inquiry__seen_by_owner"))
    )
    if inquiry_ids is not None:
        rows = rows.filter(inquiry_id__in=inquiry_ids)
    return dict(rows.order_by().values_list("inquiry_id").annotate(messages=Count("pk")))


def _party(account_no: int) -> Q:
    return Q(account_no=account_no) | Q(owner_no=account_no)


def _inquiry(row: Inquiry, unread: int) -> InquiryRow:
    return InquiryRow(
        id=row.pk,
        no=str(row),
        intention_id=row.intention_id,
        intention_no=str(row.intention),
        intention_side=row.intention.side,
        account_no=row.account_no,
        owner_no=row.owner_no,
        quantity_kg=row.quantity_kg,
        price=row.price,
        state=InquiryState(row.state),
        opened_at=row.opened_at,
        last_at=row.last_at,
        unread=unread,
    )


# Blocks and reports ----------------------------------------------------------------------------------


def blocked_by(account_no: int) -> list[int]:
    """Members this one has blocked, the latest first."""
    rows = MemberBlock.objects.filter(account_no=account_no).order_by("-id")
    return list(rows.values_list("blocked_no", flat=True))


def not_talking(account_no: int) -> set[int]:
    """Members that this one has blocked or that have blocked it."""
    rows = MemberBlock.objects.filter(Q(account_no=account_no) | Q(blocked_no=account_no))
    return {no for pair in rows.values_list("account_no", "blocked_no") for no in pair} - {account_no}


def reports(*, state: str = "", before: int | None = None, limit: int = 50) -> list[ReportRow]:
    """Reports of abuse, newest first; for the operator."""
    rows = AbuseReport.objects.select_related("intention").order_by("-id")
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_report(row) for row in rows[: max(1, min(limit, 1_000))]]


def waiting_reports() -> int:
    """How many reports wait for the operator."""
    return AbuseReport.objects.filter(state=ReportState.WAITING).count()


def reported_conversation(report_id: int) -> tuple[ReportRow, list[MessageRow]]:
    """A report and what was said in the inquiry it is about; for ``supply_inquiries.read_reported``.

    Raises NotFound.
    """
    row = AbuseReport.objects.filter(pk=report_id).select_related("intention").first()
    if row is None:
        raise NotFound(detail=f"report {report_id}")
    return _report(row), [] if row.inquiry_id is None else _messages(row.inquiry_id)


def _report(row: AbuseReport) -> ReportRow:
    return ReportRow(
        id=row.pk,
        intention_id=row.intention_id,
        intention_no=str(row.intention),
        inquiry_id=row.inquiry_id,
        reporter_no=row.reporter_no,
        accused_no=row.accused_no,
        kind=ReportKind(row.kind),
        text=row.text,
        state=ReportState(row.state),
        at=row.at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision=row.decision,
    )
