"""What people call the drawings on buttons: names that mean the same, and those that one button may stand for."""

from __future__ import annotations

CONCEPTS: tuple[tuple[str, ...], ...] = tuple(
    tuple(names.split(", "))
    for names in """
play, play button, start playing
pause, pause button
stop, stop button
record, record button
next, next track, skip, skip next, skip forward
previous, previous track, skip previous, skip back
fast forward
rewind
shuffle, shuffle button, random
repeat, loop, repeat button
heart, like, favourite, favorite, love
star, rate, rating
thumbs up
thumbs down, dislike
volume, speaker, sound, volume button, loudness
mute, muted, volume off, silence
queue, playlist, play queue, up next
music, song, note, musical note
album, disc, record player
microphone, mic, voice
headphones
search, magnifier, find, magnifying glass, look for
home, house, home page, start page
settings, gear, cog, preferences, options
library, books, my library
back, go back, arrow left, left arrow, left
forward, go forward, arrow right, right arrow, right
up, arrow up, up arrow
down, arrow down, down arrow
refresh, reload, sync
undo
redo
menu, hamburger, main menu
more, three dots, dots, more options, ellipsis
close, cross, x, dismiss
minimise, minimize, minus
maximise, maximize, full screen, fullscreen, enlarge
add, plus, new, create
check, tick, done, ok, check mark
delete, trash, bin, remove, trash can, garbage
edit, pencil, pen, write
save, floppy, disk, floppy disk
copy, duplicate
cut, scissors
paste, clipboard
print, printer
open, open folder
folder, directory
file, document, page
download
upload
share
send, paper plane
mail, email, envelope, message
chat, comment, speech bubble
phone, call, telephone
video, film, movie
camera, photo
image, picture, gallery
map, location, pin, place
calendar, date
clock, time, history
alarm, bell, notifications, notification
user, profile, person, account
users, people, group, friends
lock, locked
unlock, unlocked
key, password
eye, show, view, visible
hide, hidden, invisible
help, question, question mark
info, information, about
warning, alert
filter, funnel
sort
list
grid, tiles
link, chain
attach, paper clip, attachment
bookmark
tag, label
flag
cart, shopping cart, basket
credit card, payment, pay
cloud
sun, light mode, brightness
moon, dark mode, night
globe, language, world, web
code
terminal, console
bug
bold
italic
underline
power, shut down, turn off
log out, sign out, exit, logout
wifi, wireless
bluetooth
battery
external link, open in new window
expand
collapse
drag handle, drag
text, font
palette, colour, color
chart, graph, statistics
table
calculator
gift
rocket
lightning, flash, bolt
thermometer, temperature
""".strip().splitlines()
)
"""Each line is one thing: what it is mostly called, then its other names."""

SHARED: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split(", "))
    for names in (
        "volume, mute",
        "back, previous, rewind",
        "forward, next, fast forward",
        "more, menu, list, drag handle",
        "queue, list, music, sort, menu",
        "album, record",
        "file, text, list",
        "edit, text",
        "add, expand",
        "minimise, collapse",
        "expand, maximise, external link",
        "heart, star",
        "user, users",
        "image, camera, video",
        "refresh, repeat, undo, redo",
        "check, list",
        "hide, eye",
        "lock, unlock",
        "library, bookmark, list",
        "open, folder",
    )
)
"""Things that share a drawing: a speaker is called mute as well. One is no evidence against the other."""
