"""机构与密钥: who signs with which key, and the keys of institutions' own systems.

A private key is made here only when somebody asks for it, shown once in the answer, and kept nowhere.
"""

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel import institutions as kernel
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError, NotFound
from exchange.kernel.signed_requests import clients, register_client, revoke_client, rotate_client
from warehouse_receipts import services
from warehouse_receipts.case_selectors import inspection_bodies
from web.console.listing import Verb, carry_out, known_in, search_in
from web.console.reasons import reason_in
from web.pages import oversight_words as names
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.words import word
from web.store.fields import needed_date, text_in

WITH_SYSTEMS = frozenset({"warehouse", "inspector", "lender"})
"""Kinds whose own systems send signed requests."""
LONGEST_KEY = 2_000
KEY_BYTES = 32


@operator_page
@require_safe
def institutions(request: HttpRequest) -> HttpResponse:
    """Institutions as asked for; the form that designates an inspection body."""
    context = {
        "asked": request.GET,
        "kinds": [(value, word(names.INSTITUTION_KIND, value)) for value in names.INSTITUTION_KIND],
        "institutions": [
            {"row": row, "kind": word(names.INSTITUTION_KIND, row.kind)} for row in _asked(request)
        ],
    }
    return render(request, "console/institutions.html", context)


def _asked(request: HttpRequest) -> list[kernel.InstitutionRow]:
    kind, search = known_in(request, "kind", names.INSTITUTION_KIND), search_in(request).lower()
    return [
        row
        for row in kernel.institutions(kind=kind or None)
        if search in row.code.lower() or search in row.name.lower()
    ]


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The institutions as asked for, as CSV."""
    header = [_("代码"), _("名称"), _("类别"), _("签名密钥"), _("登记时间")]
    rows = (
        [
            row.code,
            row.name,
            word(names.INSTITUTION_KIND, row.kind),
            row.key_id,
            f"{localtime(row.registered_at):%Y-%m-%d %H:%M}",
        ]
        for row in _asked(request)
    )
    return csv_response("institutions.csv", header, rows)


@operator_page
@require_POST
def designate(request: HttpRequest) -> HttpResponse:
    """Designates an inspection body, or renews its accreditation."""
    return carry_out(request, {"designate": _designate}, "", "/console/institutions/")


def _designate(request: HttpRequest, actor: Actor, _subject: str) -> str:
    code = text_in(request, "code", longest=16).upper()
    if not (code.isascii() and code.isalnum()):
        raise BadParameter(name="code")
    services.designate_body(
        code=code,
        name=text_in(request, "name"),
        accreditation_no=text_in(request, "accreditation_no", longest=60),
        accredited_until=needed_date(request, "accredited_until"),
        actor=actor,
    )
    return _("质检机构 %(code)s 已登记") % {"code": code}


# One institution --------------------------------------------------------------------------------------


@operator_page
@never_cache
@require_safe
def institution(request: HttpRequest, code: str) -> HttpResponse:
    """One institution: the keys it signs with, the systems that send for it."""
    return _page(request, code)


def _page(
    request: HttpRequest, code: str, *, secret: str = "", key_id: str = "", error: str = ""
) -> HttpResponse:
    row = kernel.institution(code)
    bodies = {body.institution: body for body in inspection_bodies()}
    context = {
        "institution": row,
        "kind": word(names.INSTITUTION_KIND, row.kind),
        "keys": kernel.keys_of(code),
        "clients": clients(code),
        "has_systems": row.kind in WITH_SYSTEMS,
        "body": bodies.get(code),
        "act_url": f"/console/institutions/{code}/act/",
        "secret": secret,
        "key_id": key_id,
        "error": error,
    }
    return render(request, "console/institution.html", context, status=422 if error else 200)


@operator_page
@never_cache
@require_POST
def act(request: HttpRequest, code: str) -> HttpResponse:
    """One step with an institution's keys. A private key made for it is in the answer, and only there."""
    if request.POST.get("verb") in _KEY_MAKERS:
        return _make_key(request, code)
    return carry_out(request, _VERBS, code, f"/console/institutions/{code}/")


def _make_key(request: HttpRequest, code: str) -> HttpResponse:
    """Registers or rotates the key of a system: the one given, or a new pair."""
    try:
        if kernel.institution(code).kind not in WITH_SYSTEMS:
            raise BadParameter(name="institution")
        made = Ed25519PrivateKey.generate() if not request.POST.get("public_key", "").strip() else None
        public_key = made.public_key().public_bytes_raw() if made else _public_key_in(request)
        if request.POST["verb"] == "rotate_client":
            old = _own_client(code, request.POST.get("subject", ""))
            key_id = rotate_client(
                old, public_key=public_key, reason=reason_in(request), actor=actor_of(request)
            )
        else:
            name = text_in(request, "name", longest=60)
            key_id = register_client(
                institution=code, name=name, public_key=public_key, actor=actor_of(request)
            )
    except JinguoError as refusal:
        return _page(request, code, error=message_of(refusal))
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() if made else ""
    return _page(request, code, secret=pem, key_id=key_id)


def _public_key_in(request: HttpRequest) -> bytes:
    """An Ed25519 public key as PEM, 64 hex digits or base64. Raises BadParameter."""
    text = request.POST.get("public_key", "").strip()
    try:
        if len(text) > LONGEST_KEY:
            raise ValueError
        if text.startswith("-----BEGIN"):
            loaded = load_pem_public_key(text.encode())
            if not isinstance(loaded, Ed25519PublicKey):
                raise ValueError
            return loaded.public_bytes_raw()
        raw = bytes.fromhex(text) if len(text) == 2 * KEY_BYTES else base64.b64decode(text, validate=True)
        if len(raw) != KEY_BYTES:
            raise ValueError
        return raw
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        raise BadParameter(name="public_key") from None


def _own_client(code: str, key_id: str) -> str:
    """The key id of one of the institution's systems. Raises NotFound."""
    if key_id not in {client.key_id for client in clients(code)}:
        raise NotFound(detail=key_id[:16])
    return key_id


def _revoke_client(request: HttpRequest, actor: Actor, code: str) -> str:
    key_id = _own_client(code, request.POST.get("subject", ""))
    revoke_client(key_id, reason=reason_in(request), actor=actor)
    return _("系统密钥 %(key)s 已吊销") % {"key": key_id}


def _rotate_key(request: HttpRequest, actor: Actor, code: str) -> str:
    key_id = kernel.rotate_key(code, reason=reason_in(request), actor=actor)
    return _("签名密钥已更换为 %(key)s，旧签名仍有效") % {"key": key_id}


def _revoke_key(request: HttpRequest, actor: Actor, code: str) -> str:
    key_id = kernel.rotate_key(code, reason=reason_in(request), actor=actor, revoke=True)
    return _("旧密钥已吊销，其签名不再有效；新密钥 %(key)s") % {"key": key_id}


def _add_inspector(request: HttpRequest, actor: Actor, code: str) -> str:
    kind, _colon, own_code = code.partition(":")
    if kind != "inspector":
        raise BadParameter(name="institution")
    name, licence_no = text_in(request, "name", longest=60), text_in(request, "licence_no", longest=60)
    services.add_inspector(own_code, name=name, licence_no=licence_no, actor=actor)
    return _("检验员 %(name)s 已登记") % {"name": name}


_VERBS: dict[str, Verb] = {
    "revoke_client": _revoke_client,
    "rotate_key": _rotate_key,
    "revoke_key": _revoke_key,
    "add_inspector": _add_inspector,
}
_KEY_MAKERS = frozenset({"add_client", "rotate_client"})
