"""Nothing is done in the console without a reason."""

from django.http import HttpRequest

from exchange.kernel.errors import BadParameter

SHORTEST = 2
LONGEST = 300


def reason_in(request: HttpRequest) -> str:
    """The reason in the form, in good length. Raises BadParameter."""
    reason = request.POST.get("reason", "").strip()
    if not SHORTEST <= len(reason) <= LONGEST or "\x00" in reason:
        raise BadParameter(name="reason")
    return reason
