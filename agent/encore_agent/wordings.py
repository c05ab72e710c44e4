"""Whether two labels are wordings of the same: "Settings" and "Preferences", "Inbox (3)" and "Inbox (5)".

Programs rename their controls from version to version. A label that reads differently is the shown one only if it is
known to mean the same; nothing is guessed from letters, since "Delete" and "Deleted" are as near as two labels can be.
"""

from __future__ import annotations

import re
from functools import lru_cache

SAME = """
delete, remove, erase
edit, modify, change
settings, preferences, options
photos, pictures, images
music, audio
videos, movies, films
trash, bin, rubbish, recycle bin
favourites, favorites
search, find, look for
select, choose, pick
show, display
add, put
write, compose, new message
new, create
duplicate, make copy, clone
browse, explore, discover
help, support
about, info
account, profile
log in, sign in, login
log out, sign out, logout
sign up, register
e-mail, email, mail, e-mail address, email address
phone, telephone, phone number
company, organisation, organization, firm
city, town
full name, your name
people, contacts
tags, keywords
title, heading
address, location
password, passphrase
volume, loudness
transparency, opacity
speed, tempo
text size, font size
dark mode, dark theme, night mode
light mode, light theme
offline mode, work offline
sound effects, play sounds
autoplay, play automatically
notifications, alerts
network, connections
storage, disk space
updates, software updates
appearance, look and feel
overview, summary
customers, clients
products, catalogue, catalog
billing, payments
deals, offers
follow, subscribe
unfollow, unsubscribe
cart, basket
wishlist, wish list
channels, rooms
threads, conversations
direct messages, private messages
view, display
tools, utilities
apply, apply changes
reset, restore defaults, defaults
save, save changes
download, get
refresh, reload
next, forward
previous, back
mute, silence
send, submit
start, begin
sort, order, arrange
podcasts, shows
radio, stations
recent, recently used
home, start page
print, print out
zoom in, enlarge
zoom out, reduce
full screen, fullscreen
file, document
cancel, dismiss
""".strip().splitlines()
"""Wordings of one meaning in each line, in the words of common desktop programs."""

LEADING = ("my", "your", "all", "show", "display")
"""Words that change nothing where they come first; last, "all" does: "Select" is not "Select all"."""
EMPTY = {"now", "the", "a", "an", "this", "to", "in", "into"}
KIND_WORDS = {"file", "files", "items", "messages", "level", "options", "list", "program", "application"}
"""Words that only say what kind of thing is meant, where another word comes first."""


def same_wording(shown: str, now: str) -> bool:
    """Whether the two are the same label, or known wordings of one meaning; a count after them plays no part."""
    one, other = _meaning(shown), _meaning(now)
    return bool(one) and len(one) == len(other) and all(a & b for a, b in zip(one, other, strict=True))


@lru_cache(maxsize=4096)
def _meaning(label: str) -> tuple[frozenset[str], ...]:
    """What is left of a label without filling words: of each wording the first ones of its meanings, or itself."""
    plain = re.sub(r"\(\d+\)\s*$", " ", label.casefold().replace("…", " "))
    if plain.count("(") > plain.count(")"):  # cut off within what tells it from the plain one
        return (frozenset([label]),)
    words = re.findall(r"[^\W_]+(?:-[^\W_]+)*", plain)
    while len(words) > 1 and words[0] in LEADING and " ".join(words) not in _FIRST:
        words = words[1:]
    if " ".join(words) not in _FIRST:
        words = [word for word in words if word not in EMPTY] or words
    if len(words) > 1 and words[-1] in KIND_WORDS and " ".join(words) not in _FIRST:
        words = words[:-1]
    whole = " ".join(words)
    if whole in _FIRST:
        return (_FIRST[whole],)
    return tuple(_FIRST.get(word, frozenset([word])) for word in words)


def _firsts() -> dict[str, frozenset[str]]:
    firsts: dict[str, frozenset[str]] = {}
    for line in SAME:
        first, *others = line.split(", ")
        for wording in (first, *others):
            firsts[wording] = firsts.get(wording, frozenset()) | {first}
    return firsts


_FIRST = _firsts()
