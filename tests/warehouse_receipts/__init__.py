"""Tests of the receipt register."""
