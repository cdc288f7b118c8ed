"""Runs cells of Python and tells the daemon what comes of them."""
