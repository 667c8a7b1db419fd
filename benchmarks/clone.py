"""clone_schemas beside `git clone --depth 1` of the same local repositories: bytes, seconds, and peak memory.

    python -m benchmarks.clone [NAME=PATH@REF ...]

Without arguments the repository is made here: the declared layout of Moodle with 60 schema files among 4,000 others.
With arguments the declarations that come with Azora are read from these repositories. The aims: under 5 % of the
bytes, under 300 MB of memory in all processes together.
"""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import django
import psutil
from django.conf import settings
from django.core.management import call_command

from azora.kernel.postgres.sandbox import shared_sandbox
from ingest.checkout import Source

SCHEMA_FILES, OTHER_FILES, SEED = 60, 4000, 1
TICK = 0.02


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 where an aim is missed."""
    if arguments[:1] == ["--within"]:
        return clone_within(Path(arguments[1]), arguments[2:])
    with tempfile.TemporaryDirectory(prefix="azora-bench-") as name, shared_sandbox().database() as database:
        folder = Path(name)
        given = list(arguments) or [f"moodle={make_repository(folder / 'made.git')}"]
        host = shared_sandbox().server.socket_folder
        os.environ["DATABASE_URL"] = f"postgres://{database.name}@{str(host).replace('/', '%2F')}/{database.name}"
        cold, peak = measured(folder, given)
        warm, _ = measured(folder, given)
        missed = peak >= 300_000_000
        for text in given:
            upstream, source = Source.parse(text)
            bytes_cloned, seconds_cloned = plain_clone(source, folder / f"clone-{upstream}")
            row = cold["rows"][upstream]
            speed = row["columns"] / warm["rows"][upstream]["seconds"]
            line = f"{upstream}: {row['files']} files, {row['bytes']:,} bytes, {row['seconds']:.2f} s"
            line += f"; again {warm['rows'][upstream]['seconds']:.2f} s, {speed:,.0f} columns a second"
            if bytes_cloned is None:
                print(f"{line}; git clone --depth 1 fails: the repository lacks files")
                continue
            ratio = row["bytes"] / bytes_cloned
            missed |= ratio >= 0.05
            print(f"{line}; git clone --depth 1: {bytes_cloned:,} bytes, {seconds_cloned:.2f} s", end="; ")
            print(f"ratio of bytes {ratio:.4f}, of seconds {row['seconds'] / seconds_cloned:.2f}")
        print(f"all of them: {cold['seconds']:.2f} s, again {warm['seconds']:.2f} s, peak memory {peak / 1e6:,.0f} MB")
    return 1 if missed else 0


def clone_within(folder: Path, sources: Sequence[str]) -> int:
    """Run the command on a database and folders of the benchmark's own, and print its figures as JSON."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "azora.settings"
    django.setup()
    settings.CHECKOUTS_DIR, settings.EXTRACTS_DIR = folder / "database-schemas", folder / "extracted-schemas"
    call_command("migrate", verbosity=0)
    print("ready", flush=True)
    started = time.perf_counter()
    given = [part for source in sources for part in ("--source", source)]
    out = io.StringIO()
    call_command("clone_schemas", *given, "--jobs=2", "--format=json", stdout=out)
    seconds = time.perf_counter() - started
    rows = {row["upstream"]: row for row in json.loads(out.getvalue())["upstreams"]}
    print(json.dumps({"seconds": seconds, "rows": rows}))
    return 0


def measured(folder: Path, sources: Sequence[str]) -> tuple[dict, int]:
    """The figures of one run, and the most memory that it and all below it held at once, in bytes."""
    command = [sys.executable, "-m", "benchmarks.clone", "--within", str(folder), *sources]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said: list[str] = []
        listening = threading.Thread(target=lambda: said.extend(process.stderr or ()))
        listening.start()
        assert process.stdout.readline() == "ready\n", "".join(said)
        peak = 0
        while process.poll() is None:
            peak = max(peak, memory_of(psutil.Process(process.pid)))
            time.sleep(TICK)
        listening.join()
        if process.returncode != 0:
            sys.exit("".join(said))
        return json.loads(process.stdout.read()), peak


def memory_of(process: psutil.Process) -> int:
    """The memory of a process and of all below it, in bytes; what they share counts once where the system tells."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for each in family:
        try:
            held = each.memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        total += getattr(held, "pss", held.uss)
    return total


def plain_clone(source: Source, folder: Path) -> tuple[int | None, float]:
    """Bytes on disk and seconds of what `git clone --depth 1` does, for any ref; None where the source lacks files."""
    started = time.perf_counter()
    git = ["git", "-c", "safe.directory=*", "-c", "uploadpack.allowAnySHA1InWant=true"]
    steps = [
        [*git, "init", "--quiet", str(folder)],
        [*git, "-C", str(folder), "fetch", "--quiet", "--depth=1", f"file://{source.location}", full(source)],
        [*git, "-C", str(folder), "checkout", "--quiet", "FETCH_HEAD"],
    ]
    for step in steps:
        if subprocess.run(step, check=False, capture_output=True).returncode != 0:
            return None, 0.0
    seconds = time.perf_counter() - started
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()), seconds


def full(source: Source) -> str:
    """The full commit of a source's ref: git fetches no abbreviation."""
    asked = ["git", "-c", "safe.directory=*", "-C", source.location, "rev-parse", f"{source.ref or 'HEAD'}^{{commit}}"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def make_repository(path: Path) -> Path:
    """A bare repository with one commit, laid out as Moodle is."""
    words = random.Random(SEED)
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    out = [b"commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 1\nc\n"]
    for number in range(OTHER_FILES):
        content = "<?php\n" + "".join(f"$v{words.getrandbits(40)} = {words.getrandbits(64)};\n" for _ in range(150))
        out.append(f"M 100644 inline lib/part{number % 50}/file{number}.php\ndata {len(content)}\n{content}\n".encode())
    for number in range(SCHEMA_FILES):
        content = schema_file(number)
        out.append(f"M 100644 inline mod/m{number}/db/install.xml\ndata {len(content)}\n{content}\n".encode())
    importing = ["git", f"--git-dir={path}", "fast-import", "--quiet"]
    subprocess.run(importing, input=b"".join(out), check=True)
    subprocess.run(["git", f"--git-dir={path}", "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
    return path


def schema_file(number: int) -> str:
    """An `install.xml` with eight tables of ten fields."""
    fields = "".join(
        f'<FIELD NAME="field{field}" TYPE="char" LENGTH="{20 + field}" NOTNULL="true" SEQUENCE="false"/>\n'
        for field in range(9)
    )
    key = '<KEYS><KEY NAME="primary" TYPE="primary" FIELDS="id"/></KEYS>'
    identity = '<FIELD NAME="id" TYPE="int" LENGTH="10" NOTNULL="true" SEQUENCE="true"/>'
    tables = "".join(
        f'<TABLE NAME="m{number}_t{table}"><FIELDS>{identity}{fields}</FIELDS>{key}</TABLE>\n' for table in range(8)
    )
    opening = f'<?xml version="1.0" encoding="UTF-8" ?>\n<XMLDB PATH="mod/m{number}/db" VERSION="1"><TABLES>'
    return f"{opening}{tables}</TABLES></XMLDB>\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
