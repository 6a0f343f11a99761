"""The operator's console: sessions, members, index, bank, health, audit trail. Every action has a reason."""
