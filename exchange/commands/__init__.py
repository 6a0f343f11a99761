"""The subcommands of `jinguo`, one module for each group; exchange/cli.py puts them together."""
