"""Tests of the price indexes."""
