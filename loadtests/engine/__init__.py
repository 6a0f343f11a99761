"""How fast the matching core is: alone (``make bench-engine``), and in the public harness (``bench-adapter``)."""
