"""The player's music: generated tracks, albums and playlists, and a search that forgives spelling.

Titles, artists and albums are put together from the word lists below. The same seed gives the same catalogue; titles
are unique within one, and many differ only slightly on purpose.
"""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

LIKED = "Liked Songs"

_FAMILIES = (
    ("Yesterday", "Yesterday Once More", "Only Yesterday", "Yesterday's Rain"),
    ("Blue Moon", "Blue Moon Rising", "Blue Moon (Live)", "New Moon"),
    ("Hello", "Hello Again", "Hello Stranger", "Hollow"),
    ("Home", "Coming Home", "Homeward", "Home Again"),
    ("Stay", "Stay With Me", "Stay Tonight", "Stray"),
    ("Fly Away", "Fly Away Home", "Flyaway Kite"),
    ("Golden Hour", "Golden Hours", "The Golden Hour (Acoustic)"),
    ("Night Train", "Night Rain", "Last Night Train", "Night Train (Live)"),
    ("Summer Wind", "Summer Winds", "Winter Wind"),
    ("Hold On", "Hold On Tight", "Hold Me"),
    ("Paper Boats", "Paper Boat", "Paper Birds"),
    ("Run", "Run Away", "Running", "Runaway Sun"),
    ("Let It Snow", "Let It Go Slow", "Let It Show"),
    ("River", "Rivers", "River Run Deep", "The River Knows"),
    ("Dancing in the Dark Blue", "Dancing in the Park", "Dancing in the Rain"),
    ("Ocean Eyes Open", "Ocean Skies", "Ocean Size"),
)
"""Titles that are easily taken for one another."""

_SHORT = (
    "Alive", "Amber", "Anchor", "Atlas", "Aurora", "Believe", "Bloom", "Breathe", "Carousel", "Cinder", "Clover",
    "Comet", "Compass", "Copper", "Daydream", "Diamond", "Drift", "Echo", "Ember", "Everglow", "Fable", "Feather",
    "Fever", "Fireflies", "Gravity", "Halo", "Harbour", "Heartbeat", "Honey", "Horizon", "Juniper", "Kingdom",
    "Lantern", "Lavender", "Lullaby", "Magnolia", "Marigold", "Mirage", "Monsoon", "Nightfall", "Nova", "Orchid",
    "Parade", "Phoenix", "Quicksand", "Radio", "Satellite", "Shimmer", "Silhouette", "Solstice", "Sparrow", "Tangerine",
    "Thunder", "Timber", "Velvet", "Violet", "Wanderer", "Whisper", "Wildfire", "Zephyr",
)  # fmt: skip
_ADJECTIVES = (
    "Broken", "Crystal", "Distant", "Electric", "Empty", "Endless", "Fading", "Gentle", "Hidden", "Last", "Little",
    "Lonely", "Lost", "Midnight", "Neon", "Quiet", "Restless", "Scarlet", "Secret", "Silent", "Silver", "Sleepless",
    "Slow", "Strange", "Sweet", "Tender", "Velvet", "Wild",
)  # fmt: skip
_NOUNS = (
    "Avenue", "Carnival", "City", "Cloud", "Diary", "Dream", "Fire", "Garden", "Ghost", "Heart", "Highway", "Island",
    "Letter", "Light", "Lighthouse", "Melody", "Memory", "Mirror", "Morning", "Mountain", "Postcard", "Promise",
    "Shadow", "Sky", "Star", "Station", "Storm", "Street", "Sunrise", "Thunder", "Tide", "Valley", "Wave", "Window",
)  # fmt: skip
_VERBS = (
    "Believe in", "Calling", "Carry", "Chasing", "Counting", "Dreaming of", "Follow", "Forget About", "Leaving",
    "Looking for", "Remember", "Singing to", "Talk to", "Waiting for", "Walking Through", "Waking",
)  # fmt: skip
_CLOSINGS = (
    "After Midnight", "All Night Long", "Before You Go", "for a While", "in My Pocket", "in Slow Motion", "Like You Do",
    "on the Radio", "Over the Water", "Under the Stars", "Without a Sound", "You Never Wrote",
)  # fmt: skip
_FIRST_NAMES = (
    "Ada", "Bastian", "Clara", "Dario", "Elsie", "Felix", "Greta", "Hugo", "Imogen", "Jonas", "Kaya", "Leander", "Mara",
    "Nils", "Odette", "Petra", "Quentin", "Rosa", "Silas", "Tilda", "Viggo", "Wanda",
)  # fmt: skip
_SURNAMES = (
    "Abernathy", "Bellamy", "Castellan", "Dunmore", "Eastlake", "Fairweather", "Greenaway", "Hollis", "Ivarsson",
    "Jessop", "Kestrel", "Lindqvist", "Marlowe", "Northcott", "Okafor", "Pemberton", "Quill", "Rosewood", "Sorensen",
    "Thackeray", "Valentine", "Winslow",
)  # fmt: skip
_BAND_NOUNS = (
    "Anoraks", "Cartographers", "Day Trippers", "Foxgloves", "Gatekeepers", "Harvesters", "Kingfishers", "Lamplighters",
    "Meteors", "Nightjars", "Oarsmen", "Paper Tigers", "Quarrymen's Sons", "Rooftops", "Semaphores", "Telegraphs",
    "Umbrellas", "Velveteens", "Weathermen", "Yearlings",
)  # fmt: skip
_PLAYLISTS = (
    "Morning Coffee", "Deep Focus", "Sunday Drive", "Rainy Day", "Kitchen Dance", "Late Night Radio", "Running Mix",
    "Road Trip",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Track:
    """One piece of music."""

    index: int
    """Its number in the whole catalogue; also decides how it sounds."""
    title: str
    artist: str
    album: str
    duration_s: int

    def __str__(self) -> str:
        return f"{self.title} by {self.artist}"


@dataclass(frozen=True, slots=True)
class Playlist:
    """A named order of tracks."""

    name: str
    tracks: tuple[Track, ...]


@dataclass(frozen=True)
class Catalogue:
    """Everything the player can play."""

    tracks: tuple[Track, ...]
    playlists: tuple[Playlist, ...]

    def titled(self, title: str) -> Track:
        """The track with exactly this title.

        Raises:
            KeyError: there is none.
        """
        for track in self.tracks:
            if track.title == title:
                return track
        raise KeyError(f"there is no track called {title!r} in this catalogue")

    def by_artist(self, artist: str) -> tuple[Track, ...]:
        """An artist's tracks."""
        return tuple(track for track in self.tracks if track.artist == artist)

    def on_album(self, artist: str, album: str) -> tuple[Track, ...]:
        """The tracks of one album."""
        return tuple(track for track in self.by_artist(artist) if track.album == album)

    @cached_property
    def albums(self) -> tuple[Playlist, ...]:
        """Every album as a playlist, in the order of the catalogue."""
        names = dict.fromkeys((track.artist, track.album) for track in self.tracks)
        return tuple(Playlist(album, self.on_album(artist, album)) for artist, album in names)

    def search(self, query: str, limit: int = 30) -> list[Track]:
        """Tracks whose title or artist is close to `query`, the closest first."""
        words = _plain(query)
        if not words:
            return []
        rated = [(_closeness(words, track), track) for track in self.tracks]
        found = [(score, track) for score, track in rated if score >= _CLOSE_ENOUGH]
        found.sort(key=lambda item: (-item[0], len(item[1].title), item[1].index))
        return [track for _, track in found[:limit]]


_CLOSE_ENOUGH = 0.66
_PLAYLIST_LENGTH = 24


def generate(seed: int = 0, count: int = 320, without: Sequence[str] = ()) -> Catalogue:
    """Make a catalogue.

    Args:
        seed: Same seed, same catalogue.
        count: Tracks, at least 100.
        without: Titles to leave out afterwards; the other tracks stay what they were.

    Raises:
        ValueError: too few or too many tracks, or a title in `without` is not in the catalogue.
    """
    chance = random.Random(seed)
    titles = _titles(count, chance)
    if unknown := sorted(set(without) - set(titles)):
        raise ValueError(f"cannot leave out {unknown}: no such title with seed {seed}")
    credits_ = _credits(count, chance)
    tracks = tuple(
        track
        for index, (title, (artist, album)) in enumerate(zip(titles, credits_, strict=True))
        if (track := Track(index, title, artist, album, chance.randint(125, 305))).title not in without
    )
    playlists = tuple(Playlist(name, tuple(chance.sample(tracks, _PLAYLIST_LENGTH))) for name in _PLAYLISTS)
    return Catalogue(tracks, (Playlist(LIKED, tuple(chance.sample(tracks, 12))), *playlists))


def _titles(count: int, chance: random.Random) -> list[str]:
    """Unique titles in random order: all families, then short and composed ones."""
    titles = dict.fromkeys(title for family in _FAMILIES for title in family)
    titles |= dict.fromkeys(_SHORT)
    if not 100 <= count <= 1000:
        raise ValueError(f"a catalogue holds 100 to 1000 tracks, not {count}")
    composed = _composed(chance)
    while len(titles) < count:
        titles[next(composed)] = None
    chosen = list(titles)[:count]
    chance.shuffle(chosen)
    return chosen


def _composed(chance: random.Random) -> Iterator[str]:
    while True:
        adjective, noun, other = chance.choice(_ADJECTIVES), chance.choice(_NOUNS), chance.choice(_NOUNS)
        yield chance.choice(
            (
                f"{adjective} {noun}",
                f"{adjective} {noun}",
                f"{chance.choice(_VERBS)} the {noun}",
                f"{noun} {chance.choice(_CLOSINGS)}",
                f"{chance.choice(_SHORT)} {chance.choice(_CLOSINGS)}",
                f"The {noun} and the {other}" if noun != other else f"One More {noun}",
            )
        )


def _credits(count: int, chance: random.Random) -> list[tuple[str, str]]:
    """Artist and album of each track, in random order: a few albums an artist, 3 to 6 tracks an album."""
    people = [f"{first} {last}" for first, last in zip(_FIRST_NAMES, chance.sample(_SURNAMES, 22), strict=True)]
    bands = [f"The {noun}" for noun in _BAND_NOUNS]
    duos = [f"{adjective} {noun}" for adjective, noun in zip(_ADJECTIVES, chance.sample(_NOUNS, 28), strict=True)]
    artists = people + bands + duos
    credited: list[tuple[str, str]] = []
    albums: set[str] = set()
    while len(credited) < count:
        artist = chance.choice(artists)
        album = chance.choice((f"{chance.choice(_ADJECTIVES)} {_plural(chance.choice(_NOUNS))}", chance.choice(_SHORT)))
        if album not in albums:
            albums.add(album)
            credited += [(artist, album)] * chance.randint(3, 6)
    credited = credited[:count]
    chance.shuffle(credited)
    return credited


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeo" else f"{noun}s"


def _plain(text: str) -> str:
    """Lower case without accents and punctuation, words apart by one space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("\u2019", ""))
    return " ".join("".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c)).split())


def _closeness(query: str, track: Track) -> float:
    """How well a track answers a query: above 1 for the exact title, below `_CLOSE_ENOUGH` for no answer."""
    title, artist = _plain(track.title), _plain(track.artist)
    if query == title:
        return 1.2
    if query == artist or f" {query} " in f" {title} ":
        return 1.05
    if title.startswith(query) or query in (f"{title} {artist}", f"{title} by {artist}", f"{artist} {title}"):
        return 1.1
    whole = max(_likeness(query, title), _likeness(query.replace(" ", ""), title.replace(" ", "")))
    by_word = _words_found(query.split(), f"{title} {artist}".split())
    return max(whole, 0.95 * by_word, 0.9 * _likeness(query, artist))


def _likeness(one: str, other: str) -> float:
    """0..1; a word is not like another merely because the longer one contains its letters."""
    shorter, longer = sorted((len(one), len(other)))
    return fuzz.ratio(one, other) / 100 * math.pow(shorter / longer, 0.4)


def _words_found(asked: Sequence[str], there: Sequence[str]) -> float:
    """Mean over the asked words of the best likeness to a word there; the last one may still be in typing."""
    total = 0.0
    for position, word in enumerate(asked):
        best = max(fuzz.ratio(word, other) / 100 for other in there)
        if position == len(asked) - 1 and len(word) >= 2 and any(other.startswith(word) for other in there):
            best = max(best, 0.9)
        total += best if best >= 0.6 else 0.0
    return total / len(asked)
