"""Trading members, their users, roles and API keys."""
