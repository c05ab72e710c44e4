"""The applications of synthetic episodes: what they are called, what is in them, and what can be done there.

They are worlds in words; how one looks is for `screens`. Each belongs to one part of the data.
"""

from __future__ import annotations

from dataclasses import dataclass

from encore_models.training.action.samples import Split


@dataclass(frozen=True, slots=True)
class Tool:
    """A button with a drawing."""

    name: str
    """What it is called; also what a person says."""
    icon: str
    """What is drawn, as icon sets name it."""


@dataclass(frozen=True, slots=True)
class Application:
    """One application."""

    name: str
    split: Split
    pages: tuple[Tool, ...]
    """Places to go to; one is open at a time."""
    commands: tuple[Tool, ...]
    """Each opens a dialog that asks back."""
    toggles: tuple[Tool, ...]
    """Each is on or off."""
    mark: Tool
    """The toggle on every row, such as a heart."""
    slider: str
    """What the slider changes."""
    item: str
    """What a row is."""
    first: tuple[str, ...]
    """Words that titles begin with."""
    second: tuple[str, ...]
    """Words that titles go on with."""
    makers: tuple[str, ...]
    """Second column of a row."""


def _tools(listed: str) -> tuple[Tool, ...]:
    """`name:icon` pairs apart by commas; a name alone is its own icon."""
    pairs = (entry.strip().partition(":") for entry in listed.split(","))
    return tuple(Tool(name, icon or name.lower()) for name, _, icon in pairs)


def _application(
    name: str, split: Split, pages: str, commands: str, toggles: str, mark: str, rest: str, first: str, second: str
) -> Application:
    slider, item, makers = (part.strip() for part in rest.split("|"))
    return Application(
        name,
        split,
        _tools(pages),
        _tools(commands),
        _tools(toggles),
        _tools(mark)[0],
        slider,
        item,
        tuple(first.split()),
        tuple(second.split()),
        tuple(maker.strip() for maker in makers.split(",")),
    )


APPLICATIONS: tuple[Application, ...] = (
    _application(
        "music", "train", "Home, Library:book, Radio, Playlists:list, Artists:user, Downloads:download",
        "Share, Upload, Archive, Export:save", "Shuffle, Repeat, Mute:volume, Lyrics:microphone", "Like:heart",
        "Volume | song | The Harbours, Ana Reyes, Low Tide, Paper Kites, Otto Lind, Mira Sol",
        "Moonlight Broken Summer Golden Silent Electric Velvet Distant Paper Crystal",
        "River Hearts Morning Highway Letters Dancer Signals Garden Thunder Echo",
    ),
    _application(
        "mail", "train", "Inbox, Sent:send, Drafts:pencil, Archive, Trash, Contacts:users",
        "Reply, Print, Delete:trash, Move:folder", "Filter, Preview:eye, Offline:cloud", "Star",
        "Zoom | message | Karin Holm, Peter Vance, Lucia Prado, Tom Baker, Nadia Aziz, Jo Stern",
        "Quarterly Meeting Invoice Travel Holiday Server Contract Birthday Delivery Weekly",
        "Report Notes Request Plan Photos Update Draft Party Question Summary",
    ),
    _application(
        "photos", "train", "Library:image, Albums:folder, Places:map, People:users, Favourites:heart, Trash",
        "Crop, Rotate:refresh, Share, Print", "Slideshow:play, Details:info, Grid", "Favourite:heart",
        "Zoom | photo | June 2024, July 2024, Lisbon, Oslo, Family, Hiking",
        "Beach Mountain Old Winter Snowy Garden City Forest Lake Desert",
        "Sunset Bridge Wedding Market Cabin Flowers Skyline Trail Picnic Dunes",
    ),
    _application(
        "files", "train", "Home, Documents:file, Pictures:image, Videos:video, Network:globe, Trash",
        "Copy, Paste:clipboard, Rename:edit, Delete:trash", "Hidden:eye, Sort, Details:list", "Pin",
        "Zoom | file | 12 kB, 3 MB, 480 kB, 2 GB, 77 kB, 9 MB",
        "Annual Project Backup Tax Holiday Client School Lease Server Design",
        "Budget Folder Archive Notes Scan Images Sources Contract Logs Draft",
    ),
    _application(
        "tasks", "train", "Today:sun, Upcoming:calendar, Projects:folder, Labels:tag, Done:check, Reports:chart",
        "Share, Print, Archive, Delete:trash", "Reminders:bell, Filter, Focus:moon", "Flag",
        "Progress | task | Monday, Tuesday, Friday, Tomorrow, Next week, Someday",
        "Call Buy Clean Write Book Water Fix Send Plan Return",
        "Dentist Groceries Kitchen Letter Flights Plants Bicycle Parcel Dinner Library",
    ),
    _application(
        "calendar", "train", "Day:sun, Week:columns, Month:calendar, Agenda:list, People:users, Rooms:map",
        "Print, Share, Export:download, Import:upload", "Reminders:bell, Holidays:gift, Lock", "Pin",
        "Zoom | event | 9:00, 10:30, 13:15, 16:00, All day, 18:45",
        "Team Project Doctor Piano Board Sales Garden Yoga Budget School",
        "Meeting Review Visit Lesson Retreat Call Club Class Planning Concert",
    ),
    _application(
        "chat", "train", "Chats:chat, Calls:phone, Contacts:users, Channels:globe, Saved:bookmark, Settings",
        "Attach:link, Delete:trash, Archive, Share", "Mute:bell, Dark:moon, Microphone:microphone", "Pin",
        "Volume | chat | Hello, See you, Thanks, Photo, On my way, Call me",
        "Anna Boris Chloe Daniel Emma Felix Grace Henry Iris Jonas",
        "Berg Costa Dupont Evans Fischer Garcia Hansen Ivanov Jensen Keller",
    ),
    _application(
        "shop", "train", "Home, Offers:tag, Orders:database, Wishlist:heart, Account:user, Help",
        "Buy:cart, Share, Gift, Message:mail", "Filter, Grid, Alerts:bell", "Save:bookmark",
        "Price | product | $ 12, $ 49, $ 8, $ 199, $ 75, $ 31",
        "Wooden Cotton Ceramic Steel Leather Woollen Bamboo Glass Copper Linen",
        "Chair Blanket Teapot Kettle Wallet Sweater Shelf Vase Lamp Curtain",
    ),
    _application(
        "code", "train", "Files:file, Search, Changes:history, Terminal, Packages:database, Settings",
        "Save, Download, Upload, Delete:trash", "Preview:eye, Lock, Layout:columns", "Bookmark",
        "Zoom | file | main, develop, release, hotfix, docs, tests",
        "parser server client index worker schema config router cache session",
        "module helper view test model loader writer queue table driver",
    ),
    _application(
        "reader", "train", "Library:book, Recent:clock, Shelves:list, Store:cart, Notes:edit, Settings",
        "Print, Share, Export:save, Archive", "Night:moon, Bookmark, Sound:headphones", "Star",
        "Brightness | book | Novel, Essay, Poems, History, Travel, Crime",
        "Silver Hidden Last Northern Empty Burning Secret Lost Winter Quiet",
        "Island Letter Empire Station House Bridge Witness Orchard Voyage Room",
    ),
    _application(
        "house", "train", "Rooms:home, Lights:sun, Heating:power, Cameras:camera, Doors:key, Settings",
        "Refresh, Share, Lock, Delete:trash", "Alarm:bell, Night:moon, Away:shield", "Power",
        "Brightness | device | On, Off, 21 degrees, Open, Closed, Idle",
        "Kitchen Bedroom Hall Garage Garden Bathroom Office Cellar Attic Terrace",
        "Lamp Heater Camera Door Speaker Fan Window Sensor Plug Blind",
    ),
    _application(
        "video", "train", "Home, Films:video, Series:list, Live:radio, Watchlist:bookmark, History",
        "Share, Download, Cut:scissors, Report:flag", "Captions:message, Loop:repeat, Mute:volume", "Star",
        "Volume | film | 1 h 32, 48 min, 2 h 10, 24 min, 1 h 05, 55 min",
        "Red Final Midnight Wild Iron Frozen Stolen Perfect Lonely Hollow",
        "Planet Chase Express Hunters Crown Valley Summer Stranger Knight Road",
    ),
    _application(
        "notes", "validation", "All notes:file, Notebooks:book, Tags:tag, Shared:users, Archive, Trash",
        "Print, Export:download, Delete:trash, Share", "Preview:eye, Lock, Reminder:bell", "Pin",
        "Zoom | note | Yesterday, Today, 3 May, 12 June, Last week, 1 April",
        "Recipe Shopping Idea Lecture Workshop Reading Packing Interview Sketch Wine",
        "Basics Board Journal Outline Table Corner Session Sheet Record Story",
    ),
    _application(
        "podcasts", "validation",
        "Discover:globe, Queue:list, Shows:headphones, Downloads:download, History, Profile:user",
        "Share, Download, Archive, Message:mail", "Repeat, Sleep:moon, Mute:volume", "Save:bookmark",
        "Speed | episode | 32 min, 58 min, 21 min, 1 h 12, 44 min, 15 min",
        "Daily Deep Science Morning Curious Kitchen History Money Ocean Startup",
        "Talk Dive Weekly Briefing Minds Stories Matters Club Voices Files",
    ),
    _application(
        "maps", "test", "Explore:map, Saved:bookmark, Routes:globe, Timeline:clock, Photos:camera, Settings",
        "Share, Print, Download, Call:phone", "Traffic:flag, Satellite:eye, Night:moon", "Star",
        "Zoom | place | 2 km, 850 m, 14 km, 5 min, 1 h, 300 m",
        "Central Riverside Royal Sunny Northgate Harbour Castle Green Station Maple",
        "Museum Bakery Hotel Theatre Pharmacy Park Stadium Cafe Gallery School",
    ),
    _application(
        "recorder", "test", "Sessions:folder, Tracks:music, Mixer:columns, Effects:power, Uploads:cloud, Help",
        "Save, Cut:scissors, Export:upload, Delete:trash", "Loop:repeat, Click:bell, Input:microphone", "Lock",
        "Gain | take | 0:42, 3:15, 1:08, 2:30, 4:01, 0:17",
        "Acoustic Lead Backing Room Second Rough Clean Bass Choir Piano",
        "Guitar Vocal Drums Ambience Chorus Verse Solo Line Intro Bridge",
    ),
    _application(
        "clinic", "test", "Patients:users, Visits:calendar, Letters:mail, Results:chart, Billing:database, Help",
        "Print, Send, Archive, Copy", "Urgent:flag, Private:lock, Alerts:bell", "Flag",
        "Dose | patient | Ward 2, Ward 5, Room 11, Day care, Home, Room 7",
        "Maria Oscar Helen Victor Sofia Martin Julia Simon Clara Edgar",
        "Novak Lopez Murphy Olsen Petrov Quinn Rossi Silva Turner Weber",
    ),
)  # fmt: skip

LAYOUT_NAVIGATION = ("left", "rail", "top", "right", "bottom")
LAYOUT_TOOLS = ("above", "header", "below", "aside")
LAYOUT_CONTENT = ("list", "cards", "double")
"""Where the pages are listed, where the buttons are, and how items stand."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an application puts its parts."""

    navigation: str
    tools: str
    content: str

    @property
    def name(self) -> str:
        """For the records."""
        return f"{self.navigation}-{self.tools}-{self.content}"


def layouts(split: Split) -> tuple[Layout, ...]:
    """The layouts of a split; every value of each part is in the training ones, test ones are new combinations."""
    found = []
    for n, navigation in enumerate(LAYOUT_NAVIGATION):
        for t, tools in enumerate(LAYOUT_TOOLS):
            for c, content in enumerate(LAYOUT_CONTENT):
                place = (n + 2 * t + 3 * c) % 7
                part: Split = "test" if place == 0 else "validation" if place == 3 else "train"
                if part == split:
                    found.append(Layout(navigation, tools, content))
    return tuple(found)


def applications(split: Split) -> tuple[Application, ...]:
    """The applications of a split."""
    return tuple(application for application in APPLICATIONS if application.split == split)
