"""Hear a command and replay its macro on the current screen."""
