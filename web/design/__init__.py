"""The look of every page: icons here, tokens and components in static/design, tags in templatetags."""
