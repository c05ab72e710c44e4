"""The demonstration stage: a private desktop, a scripted person and a stand-in player."""
