"""The hub: depth, tape, ticker and bars for every socket."""
