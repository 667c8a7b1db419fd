"""Where to read from: what is understood, and what is refused before git sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.checkout import Refused, Source

URL = "https://git.example.org/owner/name"


@pytest.mark.parametrize(
    ("text", "location", "ref"),
    [
        (URL, URL, None),
        (f"{URL}@v1.2", URL, "v1.2"),
        (f"{URL}.git@refs/pull/1/head", f"{URL}.git", "refs/pull/1/head"),
        (f"{URL}@@scope/pkg@1.2.3", URL, "@scope/pkg@1.2.3"),
        (f"{URL}@pkg@1.2.3", URL, "pkg@1.2.3"),
        ("https://git.example.org/@owner/name@main", "https://git.example.org/@owner/name", "main"),
        ("https://me:p@ss@git.example.org/o/n", "https://me:p@ss@git.example.org/o/n", None),
        ("https://me:p@ss@git.example.org/o/n@v1", "https://me:p@ss@git.example.org/o/n", "v1"),
        ("https://git.example.org/o/a%40b@v1", "https://git.example.org/o/a%40b", "v1"),
        ("https://git.example.org:8443/o/n=x@v1", "https://git.example.org:8443/o/n=x", "v1"),
        ("git@git.example.org:o/n.git", "git@git.example.org:o/n.git", None),
        ("git@git.example.org:o/n.git@v1@2", "git@git.example.org:o/n.git", "v1@2"),
        ("git.example.org:o/n@main", "git.example.org:o/n", "main"),
        ("ssh://git@git.example.org/o/n@main", "ssh://git@git.example.org/o/n", "main"),
        ("http://127.0.0.1:8080/o/n", "http://127.0.0.1:8080/o/n", None),
        ("git://localhost/o/n@v1", "git://localhost/o/n", "v1"),
        ("git://[::1]:9/o/n", "git://[::1]:9/o/n", None),
    ],
)
def test_urls_with_refs(text: str, location: str, ref: str | None) -> None:
    assert Source.parse(f"fider={text}") == ("fider", Source(location, ref))


@pytest.mark.parametrize(
    ("folders", "text", "location", "ref"),
    [
        (["repo"], "repo", "repo", None),
        (["repo"], "repo@v1", "repo", "v1"),
        (["repo"], "repo@pkg@1.2", "repo", "pkg@1.2"),
        (["repo@v1"], "repo@v1", "repo@v1", None),
        (["repo@v1", "repo"], "repo@v1", "repo@v1", None),
        (["repo@v1", "repo"], "repo@v1@v2", "repo@v1", "v2"),
        (["a=b @ c"], "a=b @ c@refs/heads/x", "a=b @ c", "refs/heads/x"),
        (["é û"], "é û@23572030b", "é û", "23572030b"),
        (["host:repo"], "host:repo", "host:repo", None),
        ([], "nowhere@v1", "nowhere@v1", None),
    ],
)
def test_paths_with_refs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    folders: list[str],
    text: str,
    location: str,
    ref: str | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in folders:
        (tmp_path / name).mkdir()
    assert Source.parse(f"fider={text}") == ("fider", Source(str(tmp_path / location), ref))


def test_a_typed_file_url_is_a_path_and_a_tilde_is_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my repo").mkdir()
    assert Source.parse(f"x=file://{tmp_path}/my%20repo")[1].location == str(tmp_path / "my repo")
    assert Source.parse("x=~/my repo@v1")[1] == Source(str(tmp_path / "my repo"), "v1")


@pytest.mark.parametrize(
    "location",
    [
        "ext::sh -c touch% /tmp/x",
        "fd::17",
        "--upload-pack=touch x",
        "-oProxyCommand=x:path",
        "git@host:-x",
        "https://-host/o/n",
        "ssh://-oProxyCommand=x/o/n",
        "ssh://-oProxyCommand=x@host/o/n",
        "https:///o/n",
        "https://host",
        "https://host/",
        "https://host:x/o/n",
        "https://host/o/n%0ahost=evil",
        "https://host/o\n/n",
        "https://host/o/n\x1b[2J",
        "ftp://host/o/n",
        "http://git.example.org/o/n",
        "git://10.0.0.1/o/n",
        "file://other/o/n",
        "",
    ],
)
def test_locations_that_are_refused(location: str) -> None:
    with pytest.raises(Refused) as refusal:
        Source.parse(f"x={location}")
    assert "\x1b" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "-x",
        "--upload-pack=x",
        "+main",
        "a..b",
        "a:b",
        "a b",
        "a~1",
        "a^",
        "a*",
        "a@{1}",
        "/a",
        "a/",
        "a//b",
        ".a",
        "a.lock",
        "a/.b",
        "a.",
        "a\\b",
        "a\nb",
        "a\x00",
        "x" * 256,
    ],
)
def test_refs_that_are_refused(ref: str) -> None:
    with pytest.raises(Refused, match="cannot be a ref; give a branch, a tag, a full ref or a commit"):
        Source(URL, ref)


@pytest.mark.parametrize("text", ["fider", "=https://host/o/n", "-x=https://host/o/n", "a b=https://host/o/n"])
def test_text_that_names_no_upstream(text: str) -> None:
    with pytest.raises(Refused, match="write it as NAME=URL-or-path"):
        Source.parse(text)


def test_a_declaration_names_https_only() -> None:
    assert Source.declared(URL, "v1") == Source(URL, "v1")
    for location in ("/srv/o/n", "file:///srv/o/n", "ext::sh -c x", "ssh://host/o/n", "git@host:o/n", "o/n", "-x"):
        with pytest.raises(Refused, match="a declaration may only name an https repository"):
            Source.declared(location, "v1")
    with pytest.raises(Refused, match="may not hold credentials"):
        Source.declared("https://me:secret@git.example.org/o/n", "v1")
    with pytest.raises(Refused, match="cannot be a ref"):
        Source.declared(URL, "--upload-pack=x")


def test_mirrors() -> None:
    assert Source.from_mirror("https://m.example.org/{owner}/{name}.git", "o", "n", "v1") == Source(
        "https://m.example.org/o/n.git", "v1"
    )
    assert Source.from_mirror("/srv/{owner}+{name}/repo", "o", "n") == Source("/srv/o+n/repo", None)
    for template in ("https://m.example.org/", "/srv/{owner}", "/srv/{name}/{ref}", "/srv/{name}}"):
        with pytest.raises(Refused, match="a mirror's template needs"):
            Source.from_mirror(template, "o", "n")
    for owner, name in (("../o", "n"), ("o", "-n"), ("o", "n/.."), ("", "n")):
        with pytest.raises(Refused, match="is not the name of an owner or repository"):
            Source.from_mirror("/srv/{owner}/{name}", owner, name)
    with pytest.raises(Refused, match="transport helpers"):
        Source.from_mirror("ext::sh -c {name}", "o", "n")


def test_what_a_source_says_of_itself() -> None:
    secret = Source("https://me:se@cret@git.example.org/o/n", "v1")
    assert str(secret) == "https://***@git.example.org/o/n@v1"
    assert (secret.transport, secret.host) == ("https", "git.example.org")
    typed = Source("git@git.example.org:o/n")
    assert (typed.transport, typed.host, str(typed)) == ("ssh", "git.example.org", "git@git.example.org:o/n")
    local = Source("/srv/o", "A" * 40)
    assert (local.transport, local.host, local.commit, local.abbreviation) == ("file", None, "a" * 40, None)
    assert (Source("/o", "23572030B").abbreviation, Source("/o", "235720").abbreviation) == ("23572030b", None)


def test_a_refusal_shows_no_password() -> None:
    with pytest.raises(Refused) as refusal:
        Source("https://me:secret@git.example.org/o/n", "a..b")
    assert "secret" not in str(refusal.value)
