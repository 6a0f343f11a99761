"""The matching core: both engines through one test base."""
