"""Tables of the bulletin; private to this package."""
