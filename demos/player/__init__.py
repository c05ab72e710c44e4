"""A music player with a well-known shape, for demonstrations and tests: `python -m demos.player --help`."""
