"""Members: find one, suspend and reinstate, put into a group of related parties."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchange.kernel.errors import BadParameter, JinguoError
from exchange.members.selectors import list_members
from exchange.members.services import reinstate_member, set_related_group, suspend_member
from web.console.reasons import reason_in
from web.pages import words
from web.pages.access import actor_of, message_of, operator_page

PAGE = 30


@operator_page
@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """Members in order of their account number."""
    search, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    cursor = request.GET.get("cursor")
    page = list_members(kind=kind or None, search=search, cursor=cursor, limit=PAGE)
    context = {
        "search": search,
        "chosen_kind": kind,
        "kinds": [(value, str(text)) for value, text in words.KIND.items()],
        "members": [
            {
                "code": row.code,
                "name": row.name,
                "kind_text": words.word(words.KIND, row.kind),
                "county": words.word(words.COUNTY, row.county),
                "fees": row.fees,
                "related_group": row.related_group,
                "status": row.status,
                "status_reason": row.status_reason,
            }
            for row in page.rows
        ],
        "cursor": cursor,
        "next_cursor": page.next_cursor,
    }
    return render(request, "console/members.html", context)


@operator_page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Suspends, reinstates or groups the member in ``subject``."""
    try:
        reason, code = reason_in(request), request.POST.get("subject", "")
        if request.POST.get("verb") == "suspend":
            suspend_member(actor=actor_of(request), code=code, reason=reason)
            messages.success(request, _("已暂停 %(code)s 的交易") % {"code": code})
        elif request.POST.get("verb") == "reinstate":
            reinstate_member(actor=actor_of(request), code=code, reason=reason)
            messages.success(request, _("已恢复 %(code)s 的交易") % {"code": code})
        elif request.POST.get("verb") == "group":
            group = request.POST.get("group", "").strip()
            set_related_group(actor=actor_of(request), code=code, group=group, reason=reason)
            messages.success(request, _("已更新 %(code)s 的关联方组") % {"code": code})
        else:
            raise BadParameter(name="verb")
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("/console/members/")
