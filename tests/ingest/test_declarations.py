"""`upstream.toml`: strictly read, and nothing hostile gets through it."""

from pathlib import Path

import pytest

from ingest import declarations
from ingest.declarations import DeclarationError, UnknownUpstream

WHOLE = """
title = "Sample"
domain = "community"
licence = "GPL-2.0-only OR MIT"
repository = "example/sample.js"
pin = { tag = "v1.2/rc.1" }

[read_from]
repository = "Someone/copy_1"
commit = "0123456789abcdef0123456789abcdef01234567"

[[readers]]
format = "sql_migrations"
paths = ["migrations/*.sql", "{a,b}/**/*.up.sql"]

[readers.options]
name = '(?P<version>[0-9]+)_.*\\.sql'
order = "number"

[[readers]]
format = "xmldb"
paths = ["**/db/install.xml"]

[[leave_out]]
paths = ["tests/**"]
reason = "fixtures"

[[tables_left_out]]
tables = ["own_*"]
reason = "of the copy"
"""
PATH = Path("upstreams/sample/upstream.toml")


def parse(text: str) -> declarations.Declaration:
    return declarations.parse("sample", text, PATH)


def changed(old: str, new: str) -> str:
    assert WHOLE.count(old) == 1, old
    return WHOLE.replace(old, new)


def test_a_whole_declaration() -> None:
    declaration = parse(WHOLE)
    assert declaration.name == "sample"
    assert declaration.title == "Sample"
    assert declaration.domain is declarations.Domain.COMMUNITY
    assert declaration.licence == "GPL-2.0-only OR MIT"
    assert declaration.repository == "example/sample.js"
    assert declaration.pin == declarations.Pin(tag="v1.2/rc.1")
    assert declaration.pin.ref == "v1.2/rc.1"
    assert declaration.read_from == declarations.ReadFrom(
        repository="Someone/copy_1", commit="0123456789abcdef0123456789abcdef01234567"
    )
    sql, xml = declaration.readers
    assert (sql.format, sql.paths) == ("sql_migrations", ("migrations/*.sql", "{a,b}/**/*.up.sql"))
    assert (sql.options.dialect, sql.options.order, sql.options.dialect_names) == ("postgresql", "number", ())
    assert (xml.format, xml.options.dialect) == ("xmldb", "moodle-xmldb")
    assert declaration.leave_out == (declarations.LeaveOut(paths=("tests/**",), reason="fixtures"),)
    assert declaration.tables_left_out == (declarations.TablesLeftOut(tables=("own_*",), reason="of the copy"),)
    assert declaration.catalog_file == Path("upstreams/sample/catalog.json")


def test_a_pin_may_be_a_commit() -> None:
    commit = "f" * 40
    assert parse(changed('{ tag = "v1.2/rc.1" }', f'{{ commit = "{commit}" }}')).pin.ref == commit


MISTAKES = {
    "not TOML": ("title =", "title", "not TOML"),
    "missing": ('title = "Sample"\n', "", "title: is missing"),
    "no text": ('"Sample"', "7", "title: must be a text, not 7"),
    "blank": ('"Sample"', '" "', "title: must be a text, not ' '"),
    "control character": ('"Sample"', '"a\\u001b[1m"', "title: 'a\\x1b[1m' holds a control character"),
    "unknown key": (
        'title = "Sample"',
        'title = "Sample"\ntitel = "x"',
        "titel: no such key here; did you mean 'title'?",
    ),
    "unknown domain": ('"community"', '"comunity"', "did you mean 'community'?"),
    "licence": (
        '"GPL-2.0-only OR MIT"',
        '"the usual one"',
        "licence: 'the usual one' is not an SPDX licence expression",
    ),
    "both pins": (
        '{ tag = "v1.2/rc.1" }',
        f'{{ tag = "v1", commit = "{"a" * 40}" }}',
        "pin: must have either a tag or a commit",
    ),
    "no pin": ('{ tag = "v1.2/rc.1" }', "{}", "pin: must have either a tag or a commit"),
    "pin no section": ('{ tag = "v1.2/rc.1" }', '"v1"', "pin: must be a section, not 'v1'"),
    "short commit": (
        '"0123456789abcdef0123456789abcdef01234567"',
        '"0123456"',
        "read_from.commit: '0123456' is not a full commit",
    ),
    "no readers": (
        '[[readers]]\nformat = "xmldb"',
        '[[reader]]\nformat = "xmldb"',
        "reader: no such key here; did you mean 'readers'?",
    ),
    "unknown format": ('"xmldb"', '"xmlbd"', "readers[1].format: 'xmlbd' is none of"),
    "nearest format": ('"xmldb"', '"xmlbd"', "did you mean 'xmldb'?"),
    "unknown option": (
        'order = "number"',
        'ordr = "number"',
        "readers[0].options: format sql_migrations has no option 'ordr'; did you mean 'order'?",
    ),
    "option type": ('order = "number"', "order = 1", "option 'order' must be str, not 1"),
    "option value": ('order = "number"', 'order = "date"', "order must be 'text' or 'number', not 'date'"),
    "option missing": ("name = '(?P<version>[0-9]+)_.*\\.sql'\n", "", "needs the option 'name'"),
    "option regex": ("(?P<version>[0-9]+)", "(?P<version>[0-9]+", "name is no regular expression"),
    "option groups": ("(?P<version>[0-9]+)", "(?P<number>[0-9]+)", "name must have the group 'version'"),
    "option dialect": ('order = "number"', 'dialect = "oracle"', "dialect 'oracle' cannot be replayed"),
    "option list": ('order = "number"', 'dialect_names = "postgres"', "must be a list of strings, not 'postgres'"),
    "no reason": (
        'paths = ["tests/**"]\nreason = "fixtures"',
        'paths = ["tests/**"]',
        "leave_out[0].reason: is missing",
    ),
    "no paths": (
        'paths = ["tests/**"]',
        "paths = []",
        "leave_out[0].paths: must be a list of one text or more, not []",
    ),
    "paths no texts": ('paths = ["tests/**"]', "paths = [1]", "must be a list of one text or more, not [1]"),
    "unknown key below": ('reason = "fixtures"', 'reason = "x"\nwhy = "y"', "leave_out[0].why: no such key here"),
    "tables no list": ('tables = ["own_*"]', 'tables = "own_*"', "tables_left_out[0].tables: must be a list"),
}


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_file_and_key(old: str, new: str, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse(changed(old, new))
    assert str(caught.value).startswith(f"{PATH}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "pattern",
    [
        "../secret/*.sql",
        "a/../../b.sql",
        "{..,a}/b.sql",
        "./a.sql",
        "/etc/passwd",
        "~/a.sql",
        "-rf",
        "!a.sql",
        ":(top)a.sql",
        "C:a.sql",
        "a\\\\b.sql",
        "a\\nb.sql",
        "",
        "**/**/**/**/**/a.sql",
        "a" * 501,
    ],
)
@pytest.mark.parametrize("known", ["**/db/install.xml", "tests/**"])
def test_hostile_patterns_are_refused(pattern: str, known: str) -> None:
    with pytest.raises(DeclarationError, match=r"paths: .* (is not a path pattern|holds a control character)"):
        parse(changed(f'"{known}"', f'"{pattern}"'))


@pytest.mark.parametrize(
    "repository",
    [
        "ext::sh -c touch% /tmp/x",
        "file:///etc",
        "https://example.org/a/b",
        "git@example.org:a/b",
        "../a/b",
        "a/..",
        "a/.",
        "a/b/c",
        "a",
        "-a/b",
        "a b/c",
        "a/b.git",
        "a/b\\u0000",
        "\u00e4/b",
    ],
)
@pytest.mark.parametrize("known", ["example/sample.js", "Someone/copy_1"])
def test_hostile_repositories_are_refused(repository: str, known: str) -> None:
    with pytest.raises(
        DeclarationError, match=r"repository: .* (is not a repository as 'owner/name'|control character)"
    ):
        parse(changed(f'"{known}"', f'"{repository}"'))


@pytest.mark.parametrize(
    "tag",
    [
        "--upload-pack=sh",
        "-v1",
        "a..b",
        "a b",
        "a~1",
        "a^{}",
        "a:b",
        "refs/../x",
        "a//b",
        ".a",
        "a/.b",
        "a.lock",
        "a/b.",
        "@{u}",
        "v*",
    ],
)
def test_hostile_tags_are_refused(tag: str) -> None:
    with pytest.raises(DeclarationError, match=r"pin\.tag: .* is not the name of a tag"):
        parse(changed('"v1.2/rc.1"', f'"{tag}"'))


@pytest.mark.parametrize("commit", ["HEAD", "A" * 40, "a" * 39, "a" * 41, "--" + "a" * 38, "a" * 40 + "\\n"])
def test_hostile_commits_are_refused(commit: str) -> None:
    with pytest.raises(DeclarationError, match=r"read_from\.commit: "):
        parse(changed('"0123456789abcdef0123456789abcdef01234567"', f'"{commit}"'))


def test_a_deeply_nested_text_is_refused() -> None:
    with pytest.raises(DeclarationError, match="not TOML"):
        parse("a = " + "[" * 100_000)


@pytest.mark.parametrize("name", ["Fider", "a b", "-a", "a.b", "\u00e4"])
def test_the_folders_name_is_plain(name: str) -> None:
    with pytest.raises(DeclarationError, match="is not lower-case letters"):
        declarations.parse(name, WHOLE, PATH)


def test_folders_are_found_by_their_declaration(tmp_path: Path) -> None:
    for name in ("beta", "alpha"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "upstream.toml").write_text(WHOLE)
    (tmp_path / "no-declaration").mkdir()
    assert declarations.names(tmp_path) == ("alpha", "beta")
    assert [declaration.name for declaration in declarations.load_all(tmp_path)] == ["alpha", "beta"]
    assert declarations.load("beta", tmp_path).catalog_file == tmp_path / "beta" / "catalog.json"


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(UnknownUpstream, match=r"no upstream 'fidr' .*; did you mean 'fider'\?"):
        declarations.load("fidr")


@pytest.mark.parametrize("name", ["../fider", "fider/../kratos", "", "."])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(UnknownUpstream):
        declarations.load(name)


def test_an_unreadable_declaration_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin").mkdir()
    (tmp_path / "latin" / "upstream.toml").write_bytes(b'title = "caf\xe9"')
    with pytest.raises(DeclarationError, match=r"latin/upstream\.toml: cannot be read"):
        declarations.load("latin", tmp_path)
