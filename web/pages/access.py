"""Who may see a page, and what a refusal looks like on one.

A view says what it needs with one decorator: ``public``, ``member_page``, ``staff_page``, ``operator_page``,
or ``viewer_page`` for whoever may look at the register. Each of them turns a JinguoError into an answer for
people: not found stays not found, a refused form goes back to where it came from with the reason above it,
anything else is a page that says what to do.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from exchange.kernel.audit import Actor
from exchange.kernel.errors import JinguoError
from exchange.members.selectors import identity_of_user, staff_of_user
from exchange.members.types import MemberIdentity, StaffIdentity
from exchange.trading.selectors import wait_until_projected
from warehouse_receipts.viewing import OPERATOR as OPERATOR_VIEWER
from warehouse_receipts.viewing import Viewer
from web.api.access import MONEY_ROLES
from web.pages.words import in_chinese
from web.ws.order_entry import TRADING_ROLES
from web.ws.services import acknowledged

__all__ = [
    "DELIVERY_ROLES",
    "MONEY_ROLES",
    "TRADE_ROLES",
    "actor_of",
    "check_role",
    "hall_page",
    "is_operator",
    "member_page",
    "operator_page",
    "public",
    "staff_page",
    "viewer_page",
]

View = Callable[..., HttpResponse]
"""A view: the request first, for a member page who they act for second, then what the address carries."""

OPERATOR = "operator"
DELIVERY_ROLES = frozenset({"trader", "finance", "logistics", "admin"})
"""Who may take steps of delivery for a member."""
TRADE_ROLES = TRADING_ROLES
READ_YOUR_WRITES_S = 2.0
"""How long a member's page waits for the tables to contain what was acknowledged to that member."""


def message_of(error: JinguoError) -> str:
    """What happened and what to do, in the reader's language."""
    language = "zh" if in_chinese() else "en"
    parts = [error.message(language), error.hint(language)]
    return ("。" if in_chinese() else ". ").join(part for part in parts if part)


def public(view: View) -> View:
    """A page for everybody."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except JinguoError as error:
            return refusal(request, error)

    return answered


def hall_page(view: View) -> View:
    """A page for everybody, on which a member sees what it did a moment ago."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        identity = identity_of_user(request.user.pk) if request.user.pk else None
        if identity is not None:
            wait_until_projected(acknowledged(identity.account_no), READ_YOUR_WRITES_S)
        return view(request, *args, **kwargs)

    return public(answered)


def member_page(view: View) -> View:
    """A page for the people of a member, who see what they did; the view is given who they act for."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        identity = access_member(request)
        if request.method != "POST":
            wait_until_projected(acknowledged(identity.account_no), READ_YOUR_WRITES_S)
        return view(request, identity, *args, **kwargs)

    return login_required(public(answered))


def operator_page(view: View) -> View:
    """A page for the operator's staff."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_operator(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return login_required(public(answered))


def staff_page(kind: str) -> Callable[[View], View]:
    """A page for the staff of institutions of a kind: warehouse, inspector or lender."""

    def decorated(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, access_staff(request, kind), *args, **kwargs)

        return login_required(public(answered))

    return decorated


def viewer_page(view: View) -> View:
    """A page for whoever may look at parts of the register; the view is given who looks."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, viewer_of(request), *args, **kwargs)

    return login_required(public(answered))


def access_staff(request: HttpRequest, kind: str) -> StaffIdentity:
    """The institution the person who asks acts for. Raises PermissionDenied for everybody else."""
    staff = staff_of_user(request.user.pk) if request.user.pk else None
    if staff is None or staff.kind != kind:
        raise PermissionDenied
    return staff


def viewer_of(request: HttpRequest) -> Viewer:
    """Who looks at the register. Raises PermissionDenied for people who act for nobody."""
    if is_operator(request):
        return OPERATOR_VIEWER
    if staff := staff_of_user(request.user.pk or 0):
        return Viewer(institution=staff.institution)
    return Viewer(account_no=access_member(request).account_no)


def is_operator(request: HttpRequest) -> bool:
    """Whether the operator's staff looks, who see what is not shown yet."""
    return getattr(request.user, "role", "") == OPERATOR


def access_member(request: HttpRequest) -> MemberIdentity:
    """The member the person who asks acts for. Raises PermissionDenied for operators and strangers."""
    identity = identity_of_user(request.user.pk) if request.user.pk else None
    if identity is None:
        raise PermissionDenied
    return identity


def check_role(identity: MemberIdentity, roles: frozenset[str]) -> None:
    """Raises PermissionDenied unless the person has one of the roles."""
    if identity.role not in roles:
        raise PermissionDenied


def actor_of(request: HttpRequest) -> Actor:
    """Who acts and from where, for the audit log."""
    port = request.META.get("REMOTE_PORT")
    return Actor(
        name=request.user.get_username(),
        ip=request.META.get("REMOTE_ADDR"),
        source_port=int(port) if port else None,
        user_agent=request.headers.get("User-Agent", ""),
    )


def refusal(request: HttpRequest, error: JinguoError) -> HttpResponse:
    """The answer to a refused request: back to the form with the reason, or a page of its own."""
    if request.method == "POST":
        messages.error(request, message_of(error))
        return redirect(request.path)
    if error.status == 404:
        return render(request, "404.html", status=404)
    return render(request, "refused.html", {"error": error, "text": message_of(error)}, status=error.status)
