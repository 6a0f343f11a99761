"""Load: Locust users, order streams and their replay over HTTP and WebSocket."""
