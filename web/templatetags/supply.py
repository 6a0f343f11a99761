"""What the head of a member's pages says of the supply and demand board."""

from django import template

from exchange.bulletin.supply_selectors import unread_of

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_inquiries(context: template.Context) -> int:
    """Messages in inquiries that the member has not seen yet."""
    member = getattr(context["user"], "member", None)
    return 0 if member is None else unread_of(member.account_no).messages
