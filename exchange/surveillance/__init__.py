"""Market surveillance: detectors over orders and trades, alerts, cases."""
