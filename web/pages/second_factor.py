"""Whether the person at the form has just shown a second factor: the code of their authenticator."""

from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.http import HttpRequest

MAX_CODE = 8
MOST_WRONG, WRONG_WITHIN_S = 5, 600
"""Wrong codes of one person after which none is believed for a while."""


def shown_second_factor(request: HttpRequest) -> bool:
    """A code in the form that the person's own authenticator made now; each code counts once."""
    code = request.POST.get("code", "").strip()
    if not code or len(code) > MAX_CODE or not request.user.is_authenticated:
        return False
    key = f"second_factor.wrong.{request.user.pk}"
    if cache.get(key, 0) >= MOST_WRONG:
        return False
    totp = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).first()
    if totp is not None and totp.wrap().validate_code(code):
        return True
    cache.add(key, 0, WRONG_WITHIN_S)
    cache.incr(key)
    return False
