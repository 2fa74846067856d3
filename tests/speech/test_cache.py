"""What was said is kept, whole, and not for ever."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from speech.cache import EVERY, IN_USE, Cache, key_of
from speech.wav import is_playable, silence

SOUND = silence(0.1)
KEYS = [key_of(str(n)) for n in range(9)]


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Cache:
    """Room for three sounds."""
    return Cache(tmp_path / "kept", 3 * len(SOUND), clock)


def fail() -> bytes:
    raise AssertionError("it was to be kept")


def test_a_sound_is_made_once(cache: Cache) -> None:
    path = cache.get(KEYS[0], lambda: SOUND)
    assert path.read_bytes() == SOUND
    assert cache.get(KEYS[0], fail) == path


def test_names_are_those_of_the_parts_and_of_no_others() -> None:
    assert key_of("a", "b") == key_of("a", "b")
    assert len({key_of("a", "b"), key_of("ab"), key_of("a", "b", ""), key_of('a","b')}) == 4


@pytest.mark.parametrize("damaged", [b"", b"RIFF", SOUND[:-1], SOUND[:44], b"x" * len(SOUND)])
def test_a_damaged_or_empty_one_is_made_again(cache: Cache, damaged: bytes) -> None:
    path = cache.get(KEYS[0], lambda: SOUND)
    path.write_bytes(damaged)
    assert not is_playable(path)
    assert cache.get(KEYS[0], lambda: SOUND).read_bytes() == SOUND


def test_what_fails_leaves_nothing(cache: Cache) -> None:
    with pytest.raises(AssertionError):
        cache.get(KEYS[0], fail)
    assert not list(cache.folder.glob("*")) if cache.folder.exists() else True


def test_two_that_make_the_same_sound_both_have_it(cache: Cache) -> None:
    both = Barrier(2)

    def make() -> bytes:
        both.wait(5)
        return SOUND

    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda _: cache.get(KEYS[0], make), range(2)))
    assert paths[0].read_bytes() == SOUND
    assert [path.name for path in cache.folder.iterdir()] == [paths[0].name]


def test_the_ones_that_nobody_wants_go_first(cache: Cache, clock: Clock) -> None:
    for key in KEYS[:5]:
        cache.get(key, lambda: SOUND)
        clock.now += IN_USE
    cache.get(KEYS[0], fail)  # wanted again
    clock.now += IN_USE + 1
    gone = cache.shrink()
    assert (gone.files, gone.size, gone.left) == (2, 2 * len(SOUND), 3)
    left = {path.stem for path in cache.folder.iterdir()}
    assert left == {KEYS[0], KEYS[3], KEYS[4]}


def test_what_a_call_may_be_playing_stays(cache: Cache, clock: Clock) -> None:
    for key in KEYS[:5]:
        cache.get(key, lambda: SOUND)
    assert cache.shrink(0).files == 0
    clock.now += IN_USE + 1
    assert cache.shrink(0).files == 5


def test_the_bound_is_kept_without_being_asked(cache: Cache, clock: Clock) -> None:
    for n in range(EVERY):
        cache.get(key_of("many", str(n)), lambda: SOUND)
        clock.now += IN_USE
    assert len(list(cache.folder.iterdir())) == 3


def test_other_files_in_the_folder_are_left_alone(cache: Cache, clock: Clock) -> None:
    cache.get(KEYS[0], lambda: SOUND)
    own = cache.folder / "hello.wav"
    own.write_bytes(SOUND)
    abandoned = cache.folder / f".{KEYS[1]}.wav.abc.new"
    abandoned.write_bytes(b"half")
    for path in (own, abandoned):
        os.utime(path, (0, 0))
    clock.now += IN_USE + 1
    cache.shrink(0)
    assert [*cache.folder.iterdir()] == [own]


def test_what_nobody_has_wanted_for_its_life_goes_whatever_the_room(tmp_path: Path) -> None:
    clock = Clock()
    cache = Cache(tmp_path / "kept", now=clock, life=10 * IN_USE)
    for key in KEYS[:2]:
        cache.get(key, lambda: SOUND)
    clock.now += 9 * IN_USE
    cache.get(KEYS[0], fail)  # wanted again
    assert cache.shrink().files == 0
    clock.now += 2 * IN_USE
    assert cache.shrink().files == 1
    assert [path.stem for path in cache.folder.iterdir()] == [KEYS[0]]
    assert cache.shrink(life=0).files == 1


def test_of_a_short_life_too_what_a_call_may_be_playing_stays(cache: Cache, clock: Clock) -> None:
    cache.get(KEYS[0], lambda: SOUND)
    clock.now += IN_USE - 1
    assert cache.shrink(life=0).files == 0
