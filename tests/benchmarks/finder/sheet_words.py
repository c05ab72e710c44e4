"""What the rendered screens read. Titles of dev and final share no words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.benchmarks.finder.icon_source import Split

_LABELS = """
Save|Save changes|Saved
Cancel|Dismiss|Canceled
Log in|Sign in|Log out
Log out|Sign out|Log in
Settings|Preferences|Sessions
Home|Start page|Home town
Search|Find|Research
Open|Open file|Open with
Export|Export as|Import
Import|Import from|Export
New folder|Create folder|New file
New message|Compose|New messages (2)
Delete|Remove|Deleted
Edit|Modify|Credits
Share|Share with|Shared
Upload|Upload files|Uploads
Download|Get file|Downloads
Inbox (3)|Inbox (5)|Index (3)
Drafts|Draft messages|Crafts
Sent|Sent mail|Spent
Archive|Archived items|Active
Trash|Bin|Track
Spam|Junk|Span
Favourites|Favorites|Favours
Recent|Recently used|Regent
Documents|My documents|Document types
Pictures|Photos|Features
Music|Audio|Muse
Videos|Movies|Video calls
Library|Your library|Libraries
Your Library|My library|Your Libraries
Browse|Explore|Browsers
Playlists|My playlists|Play list only
Albums|All albums|Album art
Artists|All artists|Articles
Radio|Stations|Ratio
Podcasts|Shows|Postcards
General|Common|Generate
Appearance|Look and feel|Disappearance
Privacy|Privacy options|Private mode
Notifications|Alerts|Notes
Account|My account|Amount
Language|Language and region|Luggage
Storage|Disk space|Stories
Network|Connections|Teamwork
Updates|Software updates|Update log
About|About this program|Above
Apply|Apply now|Supply
Reset|Restore defaults|Preset
Help|Help and support|Help wanted
Overview|Summary|Overdue
Reports|All reports|Repairs
Customers|Clients|Custom
Orders|All orders|Borders
Products|Catalogue|Projects
Team|People|Teal
Billing|Payments|Building
Add to cart|Put in cart|Added to card
Checkout|Go to checkout|Check in
Wishlist|Wish list|Waitlist
Deals|Offers|Details
Follow|Subscribe|Following
Comments (12)|Comments (14)|Commands (12)
Up next|Coming next|Upload text
Insert|Insert object|Invert
View|Display|Review
File|Document|Files
Tools|Utilities|Tolls
Format|Formatting|Former
Window|Windows|Winter
Send|Send now|Sender
Attach file|Add attachment|Detach file
Mute chat|Silence chat|Mute all
Channels|Rooms|Chapters
Direct messages|Private messages|Direct messengers
Mentions|Mentions of me|Mansions
Threads|Conversations|Treats
Publish|Publish now|Published
Preview|Show preview|Previous
Duplicate|Make a copy|Duplicates
Mark as read|Set as read|Mark as red
Select all|Choose all|Select none
Sort by name|Order by name|Sort by date
Today|Show today|Monday
Week|This week|Weak
Month|This month|Mouth
Filters|Filter list|Fibres
Volume|Loudness|Value
Brightness|Screen brightness|Lightness
Contrast|Contrast level|Contract
Opacity|Transparency|Capacity
Zoom|Zoom level|Room
Speed|Tempo|Spend
Balance|Left and right|Balcony
Text size|Font size|Test size
Full name|Your name|File name
E-mail|E-mail address|E-book
Phone|Telephone|Photo
City|Town|Clay
Street|Street address|Straight
Company|Firm|Campaign
Password|Passphrase|Passport
Search the list|Find in list|Search the web
Search mail|Find in mail|Search maps
Search products|Find products|Search projects
Type a message|Write a message|Type a name
Filter by name|Filter names|Filter by date
Address|Location|Dress
Title|Heading|Tide
Tags|Keywords|Tabs
Dark mode|Dark theme|Dark matter
Autoplay|Play next by itself|Autosave
Show previews|Display previews|Show reviews
Offline mode|Work offline|Office mode
Sound effects|Play sounds|Side effects
"""


class Wording(NamedTuple):
    """Another wording of the same meaning, and a similar one of another meaning."""

    renamed: str
    lookalike: str


WORDINGS = {
    first: Wording(second, third) for first, second, third in (line.split("|") for line in _LABELS.strip().splitlines())
}

_BANKS: dict[Split, tuple[str, str, str]] = {
    "dev": (
        "Silent Golden Broken Electric Paper Hidden Crystal Autumn Velvet Burning Hollow Distant Copper Neon Gentle "
        "Frozen Lonely Scarlet Wandering Ancient",
        "River Garden Machine Window Harbor Letter Mirror Engine Forest Carnival Signal Bridge Shadow Canyon Lantern "
        "Orchard Compass Meadow Avenue Satellite",
        "Mara Jonas Elin Tobias Priya Hector Lucia Oskar Amira Felix Weaver Lindqvist Okafor Brandt Castellano Moreau "
        "Tanaka Novak Reyes Holm",
    ),
    "final": (
        "Midnight Wooden Restless Emerald Quiet Painted Northern Sudden Borrowed Crimson Winter Glass Stolen Patient "
        "Hungry Silver Fearless Dusty Marble Secret",
        "Ocean Kitchen Station Umbrella Planet Castle Whisper Market Desert Piano Thunder Island Cathedral Bicycle "
        "Pavement Anchor Feather Museum Volcano Ribbon",
        "Clara Bruno Ingrid Rashid Yuki Dmitri Paloma Greta Kofi Selma Ferreira Hoffmann Nakamura Oduya Petrov "
        "Lindgren Salazar Whitfield Amadi Kowalski",
    ),
}
_ENDS = ("", "", "", " II", " Blues", " at Dawn", " for Two", " Report")
_FILE_ENDS = (".pdf", ".odt", ".png", ".csv", ".zip", ".txt", ".ods")


class Words:
    """Texts of one screen, from its own chance; no title comes twice."""

    def __init__(self, split: Split, chance: random.Random) -> None:
        self._first, self._second, self._people = (bank.split() for bank in _BANKS[split])
        self._chance = chance
        self._used: set[str] = set()

    def title(self) -> str:
        """A song, an article, a subject."""
        return self._unused(lambda pick: f"{pick(self._first)} {pick(self._second)}{pick(_ENDS)}")

    def file(self) -> str:
        """A file's name."""
        return self._unused(lambda pick: f"{pick(self._first).lower()}_{pick(self._second).lower()}{pick(_FILE_ENDS)}")

    def person(self) -> str:
        """First and last name."""
        half = len(self._people) // 2
        return self._unused(lambda pick: f"{pick(self._people[:half])} {pick(self._people[half:])}")

    def sentence(self) -> str:
        """A line of running text."""
        pick = self._chance.choice
        return (
            f"{pick(self._people)} {pick(('moved', 'sent', 'wrote', 'found', 'liked'))} the "
            f"{pick(self._first).lower()} {pick(self._second).lower()} "
            f"{pick(('today', 'again', 'this week', 'as agreed', 'for you'))}"
        )

    def time(self) -> str:
        """Minutes and seconds, or hours and minutes."""
        return f"{self._chance.randrange(1, 24)}:{self._chance.randrange(60):02}"

    def amount(self) -> str:
        """A price or a size."""
        number = self._chance.randrange(3, 900)
        return self._chance.choice(
            (f"${number}.{self._chance.randrange(10)}9", f"{number} KB", f"{number}.{number % 10} MB")
        )

    def labels(self, *names: str) -> list[str]:
        """Those names in another order."""
        return self._chance.sample(names, len(names))

    def _unused(self, make: Callable[[Callable[[Sequence[str]], str]], str]) -> str:
        while True:
            made = make(self._chance.choice)
            if made not in self._used:
                self._used.add(made)
                return made


def almost(title: str) -> str:
    """A title of something else that reads nearly the same."""
    stem, dot, ending = title.partition(".")
    if dot:
        return f"{stem}_old.{ending}"
    words = title.split()
    number = sum(map(ord, title))
    if number % 3 == 0:
        return f"{title} (Live)"
    if number % 3 == 1:
        return " ".join([*words[:-1], f"{words[-1]}s" if words[-1][-1] != "s" else words[-1][:-1]])
    vowels = [i for i, letter in enumerate(title) if letter in "aeiou" and i > 0]
    place = vowels[number % len(vowels)] if vowels else len(title) - 1
    return (
        title[:place] + {"a": "o", "e": "a", "i": "e", "o": "u", "u": "i"}.get(title[place], "x") + title[place + 1 :]
    )


def reworded(label: str) -> str:
    """Another wording of the same meaning; the label itself where there is none."""
    if label in WORDINGS:
        return WORDINGS[label].renamed
    return re.sub(r"\((\d+)\)", lambda match: f"({int(match[1]) + 2})", label)


def mistaken(label: str) -> str:
    """A label of another meaning that could be taken for it."""
    return WORDINGS[label].lookalike if label in WORDINGS else almost(label)
