"""Gateway, bus, floor, journal, projector; orders and trades as tables."""
