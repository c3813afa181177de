from __future__ import annotations

import json
import os
import pickle
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.errors import BadFolder, BadPath
from tallylight.roots import Roots, absolute, escape, outermost, raw_bytes, unescape

#: Byte strings that a folder may be named by; the odd ones on purpose: half characters, backslashes, look-alikes.
pieces = st.sampled_from(
    [b"\\", b"x", b"\\x", b"\\x5c", b"\\xff", b"\xff", b"\xc3", b"\xa9", b"5c", b"e9", b"\xc3\xa9"]
)
names = (st.binary(max_size=20) | st.lists(pieces, max_size=8).map(b"".join)).filter(
    lambda name: b"\0" not in name and b"/" not in name
)


@given(names)
def test_every_name_comes_back(name: bytes) -> None:
    path = os.fsdecode(name)
    text = escape(path)
    assert unescape(text) == path
    assert json.loads(json.dumps(text)) == text
    text.encode("utf-8")


@given(names, names)
def test_two_names_never_share_a_text(one: bytes, other: bytes) -> None:
    assert (escape(os.fsdecode(one)) == escape(os.fsdecode(other))) is (one == other)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"/a/b.png", "/a/b.png"),
        ("/日本語/é.png".encode(), "/日本語/é.png"),
        (b"/caf\xe9.png", r"/caf\xe9.png"),
        (rb"/caf\xe9.png", r"/caf\x5cxe9.png"),
        (rb"/C:\new", r"/C:\new"),
        (rb"/\x5c", r"/\x5cx5c"),
        (b"/two\nlines", "/two\nlines"),
    ],
)
def test_escape(path: bytes, text: str) -> None:
    assert escape(os.fsdecode(path)) == text


@given(names)
def test_raw_bytes_are_kept_exactly_where_text_is_not_enough(name: bytes) -> None:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        assert raw_bytes(escape(os.fsdecode(name))) == name
    else:
        assert raw_bytes(escape(os.fsdecode(name))) is None


@pytest.mark.parametrize(("root", "path"), [("/a", "/a/b.png"), ("/a/", "/a/b.png"), ("/", "/b.png")])
def test_absolute(root: str, path: str) -> None:
    assert absolute(root, "b.png") == path


# --- which folders -----------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "below").mkdir(parents=True)
    return folder


def test_roots_are_real_and_named_once(tmp_path: Path, root: Path) -> None:
    (tmp_path / "link").symlink_to("root")
    assert Roots.of(root, tmp_path / "link", str(root)).folders == (str(root),)


def test_roots_travel_to_workers(root: Path) -> None:
    roots = Roots.of(root)
    assert pickle.loads(pickle.dumps(roots)) == roots


def test_a_missing_root(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match="does not exist"):
        Roots.of(tmp_path / "missing")


def test_a_root_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadFolder, match="is a file; give the folder it is in"):
        Roots.of(tmp_path / "file")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(PermissionError(13, "Permission denied"), "cannot be read by this user"), (OSError(5, "I/O error"), "I/O error")],
)
def test_a_root_that_cannot_be_listed(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, sentence: str
) -> None:
    monkeypatch.setattr(os, "scandir", _raising(error))
    with pytest.raises(BadFolder, match=sentence):
        Roots.of(root)


def test_a_folder_inside_is_found(root: Path) -> None:
    roots = Roots.of(root)
    assert roots.folder(str(root)) == str(root)
    assert roots.folder(f"{root}/below/../below/") == str(root / "below")


def test_a_folder_whose_name_is_not_utf_8_is_found(root: Path) -> None:
    raw = os.fsencode(root) + b"/caf\xe9"
    os.mkdir(raw)  # noqa: PTH102
    assert os.fsencode(Roots.of(root).folder(rf"{root}/caf\xe9")) == raw


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("", "empty or holds what no path can"),
        ("{root}/a\0b", "empty or holds what no path can"),
        (r"{root}/a\x00b", "empty or holds what no path can"),
        ("{root}/\ud800", "empty or holds what no path can"),
        ("below", "not an absolute path"),
        ("./below", "not an absolute path"),
        ("~", "not an absolute path"),
        ("{root}/missing", "does not exist"),
        ("{root}/file", "is a file"),
        ("{root}/" + "n" * 5000, "File name too long"),
        ("{root}/..", "is outside the folders"),
        ("{root}/below/../../sibling", "is outside the folders"),
        ("{root}/\\x2e\\x2e/sibling", "is outside the folders"),
        ("{root}bc", "is outside the folders"),
        ("{root}/out", "is outside the folders"),
        ("{root}/loop", "."),
        ("/", "is outside the folders"),
        ("/etc", "is outside the folders"),
    ],
)
def test_a_folder_that_may_not_be_scanned(root: Path, asked: str, sentence: str) -> None:
    (root / "file").touch()
    (root.parent / "sibling").mkdir()
    (root.parent / "rootbc").mkdir()
    (root / "out").symlink_to("../sibling")
    (root / "loop").symlink_to("loop")
    with pytest.raises(BadFolder, match=sentence):
        Roots.of(root).folder(asked.replace("{root}", str(root)))


def test_whether_something_outside_exists_is_not_told(root: Path) -> None:
    (root.parent / "sibling").mkdir()
    roots, said = Roots.of(root), set()
    for name in ("sibling", "missing"):
        with pytest.raises(BadFolder) as caught:
            roots.folder(str(root.parent / name))
        said.add(str(caught.value).replace(name, "…"))
    assert len(said) == 1


def test_without_roots_nothing_may_be_read() -> None:
    with pytest.raises(BadFolder, match=r"\(none\)"):
        Roots(()).folder("/")


@pytest.mark.parametrize(
    ("real", "inside"),
    [
        ("/a/b", True),
        ("/a/b/c", True),
        ("/a/bc", False),
        ("/a", False),
        ("/a/", False),
        ("/", False),
        ("/other", True),
        ("/otherwise", False),
        ("", False),
    ],
)
def test_contains(real: str, inside: bool) -> None:
    assert Roots(("/a/b", "/other")).contains(real) is inside


def test_the_whole_file_system_can_be_a_root() -> None:
    assert Roots(("/",)).contains("/etc/passwd")


# --- opening -----------------------------------------------------------------------------------------------------


def test_a_file_inside_is_opened(root: Path) -> None:
    (root / "below" / "a.png").write_bytes(b"picture")
    with Roots.of(root).open(f"{root}/below/a.png") as file:
        assert file.read() == b"picture"


def test_a_link_that_stays_inside_is_followed(root: Path) -> None:
    (root / "below" / "a.png").write_bytes(b"picture")
    (root / "link.png").symlink_to("below/a.png")
    with Roots.of(root).open(f"{root}/link.png") as file:
        assert file.read() == b"picture"


@pytest.mark.parametrize("link", ["secret.png", "folder"])
def test_a_link_out_is_refused(root: Path, link: str) -> None:
    (root.parent / "outside").mkdir()
    (root.parent / "outside" / "secret.png").write_bytes(b"secret")
    (root / "secret.png").symlink_to("../outside/secret.png")
    (root / "folder").symlink_to("../outside")
    path = f"{root}/secret.png" if link == "secret.png" else f"{root}/folder/secret.png"
    with pytest.raises(BadPath, match="leads out of the folders"):
        Roots.of(root).open(path)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells where a descriptor leads")
def test_a_link_swapped_while_it_is_opened_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root.parent / "secret.png").write_bytes(b"secret")
    (root / "a.png").symlink_to("../secret.png")
    open_really = os.open

    def open_then_swap(path: str, flags: int) -> int:
        descriptor = open_really(path, flags)
        (root / "a.png").unlink()
        (root / "a.png").write_bytes(b"harmless")
        return descriptor

    monkeypatch.setattr(os, "open", open_then_swap)
    with pytest.raises(BadPath, match="leads out of the folders"):
        Roots.of(root).open(f"{root}/a.png")


def test_elsewhere_the_path_itself_is_looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "a.png").write_bytes(b"picture")
    (root.parent / "secret.png").touch()
    (root / "out.png").symlink_to("../secret.png")
    roots = Roots.of(root)
    # realpath, too, asks through readlink, so only the question about the descriptor fails.
    read_really = os.readlink
    monkeypatch.setattr(
        os,
        "readlink",
        lambda path, **kw: _raising(OSError())() if str(path).startswith("/proc") else read_really(path, **kw),
    )
    with roots.open(f"{root}/a.png") as file:
        assert file.read() == b"picture"
    with pytest.raises(BadPath, match="leads out"):
        roots.open(f"{root}/out.png")


def test_the_names_in_a_folder_are_listed_up_to_a_number(root: Path) -> None:
    folder = root / "names"
    folder.mkdir()
    for name in ("a.png", ".hidden", os.fsdecode(b"caf\xe9")):
        (folder / name).touch()
    assert sorted(Roots.of(root).names(str(folder), 3) or ()) == sorted(path.name for path in folder.iterdir())
    assert Roots.of(root).names(str(folder), 2) is None


def test_no_names_are_listed_outside(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / "way_out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadPath, match="leads out of the folders"):
        Roots.of(root).names(str(root / "way_out"), 10)
    with pytest.raises(FileNotFoundError):
        Roots.of(root).names(str(root / "gone"), 10)
    (root / "a_file").touch()
    with pytest.raises(NotADirectoryError):
        Roots.of(root).names(str(root / "a_file"), 10)


@pytest.mark.timeout(5)
def test_a_fifo_is_refused_at_once(root: Path) -> None:
    os.mkfifo(root / "pipe.png")
    with pytest.raises(BadPath, match="not a regular file"):
        Roots.of(root).open(f"{root}/pipe.png")


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/null", "."])
def test_what_is_no_file_is_refused(root: Path, target: str) -> None:
    (root / "a.png").symlink_to(target)
    with pytest.raises(BadPath, match="not a regular file"):
        Roots.of(root).open(f"{root}/a.png")


def test_a_socket_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # a socket's address must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.png")
        with pytest.raises(OSError, match=r"s\.png"):
            Roots.of(root).open(f"{root}/s.png")


def test_a_name_with_a_nul_is_refused(root: Path) -> None:
    with pytest.raises(BadPath, match="holds a NUL"):
        Roots.of(root).open(f"{root}/a\0.png")


def test_what_is_gone_is_an_os_error(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Roots.of(root).open(f"{root}/gone.png")


def test_no_descriptor_is_left_behind(root: Path) -> None:
    os.mkfifo(root / "pipe.png")
    (root / "a.png").touch()
    (root.parent / "b.png").touch()
    (root / "b.png").symlink_to("../b.png")
    roots = Roots.of(root)
    before = _open_descriptors()
    roots.open(f"{root}/a.png").close()
    for name in ("pipe.png", "b.png", "below"):
        with pytest.raises(BadPath):
            roots.open(f"{root}/{name}")
    assert _open_descriptors() == before


def _open_descriptors() -> set[int]:
    found = set()
    for descriptor in range(256):
        try:
            if stat.S_IFMT(os.fstat(descriptor).st_mode):
                found.add(descriptor)
        except OSError:
            continue
    return found


def _raising(error: Exception) -> Callable[..., str]:
    def call(*_args: object, **_kw: object) -> str:
        raise error

    return call


@pytest.mark.parametrize(
    ("folders", "tops"),
    [
        ([], []),
        (["/a", "/a"], ["/a"]),
        (["/a/b", "/a"], ["/a"]),
        (["/ab", "/a"], ["/ab", "/a"]),
        (["/a", "/"], ["/"]),
        (["/c/d", "/a", "/c"], ["/a", "/c"]),
    ],
)
def test_outermost(folders: list[str], tops: list[str]) -> None:
    assert outermost(folders) == tops
