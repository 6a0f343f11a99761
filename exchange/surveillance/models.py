"""Tables of the surveillance; private to this package."""
