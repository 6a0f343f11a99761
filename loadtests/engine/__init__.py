"""How fast the core is: alone (``make bench-engine``), and in the public harness (``make bench-adapter``)."""
