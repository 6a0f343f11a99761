"""Faces only: pages, API, sockets, console. No tables."""
