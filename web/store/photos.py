"""The keeper's camera: photographs of a lot, taken on the tablet at the gate."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exchange.kernel.errors import JinguoError
from exchange.members.types import StaffIdentity
from warehouse_receipts import services
from warehouse_receipts.desk_selectors import lot
from warehouse_receipts.states import PhotoKind
from web.pages.access import actor_of, message_of
from web.pages.photos import photos_in
from web.store.fields import choice_in
from web.store.keeper import KEEPER, viewer


@KEEPER
@require_POST
def attach(request: HttpRequest, staff: StaffIdentity, intake_no: str) -> HttpResponse:
    """Keeps the photographs of the form, all of them or none."""
    try:
        lot(intake_no, viewer(staff))
        kind = PhotoKind(choice_in(request, "kind", set(PhotoKind.values)))
        kept = services.attach_photos(
            intake_no, kind=kind, contents=photos_in(request), actor=actor_of(request)
        )
        messages.success(request, _("已保存 %(count)s 张照片") % {"count": len(set(kept))})
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect("store_lot", intake_no)
