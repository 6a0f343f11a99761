"""What every page of the console has."""

from django import template

from web.console.navigation import GROUPS, standing_at

register = template.Library()


@register.inclusion_tag("console/navigation.html", takes_context=True)
def console_navigation(context: template.Context) -> dict[str, object]:
    """The groups of desks as tabs and, below them, the desks of the group this page belongs to."""
    group, desk = standing_at(context["request"].path)
    return {"groups": GROUPS, "here": group, "desk": desk}
