"""Tests of the document kit."""
