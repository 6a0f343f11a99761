"""Pages for people: the public market, a member's own, the sell flow, the terminal."""
