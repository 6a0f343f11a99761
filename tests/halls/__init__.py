"""Listings and auctions, from a draft to the contract."""
