"""Market surveillance 监察: detectors over orders, trades, bids; alerts; cases; the regulator's report."""
