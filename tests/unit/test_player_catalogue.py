"""The stand-in player's music and its search."""

from __future__ import annotations

import pytest

from demos.player.catalogue import LIKED, generate


@pytest.mark.parametrize("seed", [0, 7])
def test_titles_are_unique_and_plenty(seed):
    tracks = generate(seed).tracks
    assert len(tracks) >= 300
    assert len({track.title for track in tracks}) == len(tracks)
    assert [track.index for track in tracks] == list(range(len(tracks)))
    assert len({track.artist for track in tracks}) > 40


def test_same_seed_same_music_and_other_seed_other_music():
    assert generate(3) == generate(3)
    assert generate(3).tracks != generate(4).tracks


def test_near_duplicates_are_there_for_every_seed():
    for seed in range(5):
        titles = {track.title for track in generate(seed).tracks}
        assert {"Yesterday", "Yesterday Once More", "Blue Moon", "Blue Moon Rising"} <= titles


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("yestarday", "Yesterday"),
        ("yesterday once", "Yesterday Once More"),
        ("YESTERDAY ONCE MORE!", "Yesterday Once More"),
        ("blu mune", "Blue Moon"),
        ("blue moon rising", "Blue Moon Rising"),
        ("night rain", "Night Rain"),
        ("sattelite", "Satellite"),
        ("golden our", "Golden Hour"),
        ("yesterdays rain", "Yesterday's Rain"),
        ("fly away", "Fly Away"),
        ("home ward", "Homeward"),
    ],
)
def test_search_forgives_spelling(query, title):
    assert generate().search(query)[0].title == title


def test_every_title_is_its_own_first_result():
    catalogue = generate(1)
    assert [track for track in catalogue.tracks if catalogue.search(track.title)[0] != track] == []


def test_search_finds_an_artist_and_a_song_with_its_artist():
    catalogue = generate()
    track = catalogue.titled("Yesterday")
    assert set(catalogue.search(track.artist)) >= set(catalogue.by_artist(track.artist))
    assert catalogue.search(f"yesterday by {track.artist}")[0] == track


@pytest.mark.parametrize("query", ["", "  ", "?!", "quantum physics lecture", "xyzzy"])
def test_search_finds_nothing_where_nothing_is_like_it(query):
    assert generate().search(query) == []


def test_a_title_left_out_is_gone_everywhere_and_the_rest_stays():
    whole, rest = generate(0), generate(0, without=["Yesterday"])
    assert {track.title for track in whole.tracks} - {track.title for track in rest.tracks} == {"Yesterday"}
    assert rest.titled("Blue Moon") == whole.titled("Blue Moon")
    assert all(track.title != "Yesterday" for playlist in rest.playlists for track in playlist.tracks)
    assert rest.search("yesterday")[0].title != "Yesterday"


def test_impossible_wishes_are_refused():
    with pytest.raises(ValueError, match="Nosuch"):
        generate(without=["Nosuch"])
    with pytest.raises(ValueError, match="99"):
        generate(count=99)


def test_liked_songs_come_first_and_albums_hold_every_track_once():
    catalogue = generate()
    assert catalogue.playlists[0].name == LIKED
    on_albums = [track for album in catalogue.albums for track in album.tracks]
    assert sorted(track.index for track in on_albums) == [track.index for track in catalogue.tracks]
