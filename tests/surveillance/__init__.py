"""Detectors, alerts, cases."""
