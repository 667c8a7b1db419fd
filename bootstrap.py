"""From a clone to a running platform: makes .venv, installs the lock into it, then runs what was asked in it.

    python3 bootstrap.py setup             dependencies, database, migrations
    python3 bootstrap.py run [ARGUMENT …]  the same, then serve (`manage.py run`)
    python3 bootstrap.py check             format, lint, types, imports, migrations and tests, one line each
    python3 bootstrap.py dev ARGUMENT …    Python with the development dependencies: dev -m pytest -n 2

Standard library only, and written so that an old Python can read it far enough to say that it is too old.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"

LINT_IMPORTS = "from importlinter.cli import lint_imports_command as lint; lint()"
CHECKS = (
    ("Lint", ("-m", "ruff", "check", ".")),
    ("Format", ("-m", "ruff", "format", "--check", ".")),
    ("Types", ("-m", "mypy", ".")),
    ("Imports", ("-c", LINT_IMPORTS)),
    ("Migrations", ("manage.py", "makemigrations", "--check", "--dry-run")),
    ("Tests", ("-m", "pytest", "-n", "2", "-q")),
)

UNREACHABLE = "the package registry cannot be reached: see the network, the proxy (HTTPS_PROXY) and `pip config list`"
NO_WHEEL = "a package has no wheel for this Python and machine, or the registry lacks it: see `pip config list`"
OTHER_PACKAGE = "a package is not the one that was locked, and was left out: see the registry in `pip config list`"
REMEDIES = (
    ("No space left on device", "there is no disk space left: free about 1 GB, then run the same command again"),
    ("Read-only file system", "the folder is read-only: clone the project to where you may write"),
    ("Permission denied", "the folder is not writable for this account: clone the project to where you may write"),
    ("DO NOT MATCH THE HASHES", OTHER_PACKAGE),
    ("Failed to establish a new connection", UNREACHABLE),
    ("Temporary failure in name resolution", UNREACHABLE),
    ("ProxyError", UNREACHABLE),
    ("timed out", UNREACHABLE),
    ("No matching distribution found", NO_WHEEL),
    ("ensurepip", "this Python cannot make virtual environments: on Debian or Ubuntu, `apt install python3-venv`"),
)
"""Words in the output of pip and venv, and what a person can do about them; the first that fits is said."""


class Trouble(Exception):
    """Something a person has to mend; the message says what, where and how."""


def main(arguments: "list[str]") -> int:
    """Do what the command line asks; the exit code."""
    action, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    os.chdir(ROOT)
    if action == "setup":
        install("run", "1/6 Dependencies")
        become(["manage.py", "run", "--setup-only"])
    elif action == "run":
        install("run", "1/6 Dependencies")
        become(["manage.py", "run", *rest])
    elif action == "dev":
        install("dev", "Development dependencies")
        become(rest)
    elif action == "check":
        install("dev", "Development dependencies")
        return check()
    print((__doc__ or "").strip())
    return 0 if action in ("help", "-h", "--help") else 2


def become(arguments: "list[str]") -> None:
    """Go on as the virtual environment's Python; by path, as installed scripts break in long paths and with spaces."""
    sys.stdout.flush()
    os.execv(str(PYTHON), [str(PYTHON), *arguments])


def check() -> int:
    """Run every check, one line each; the exit code of the first that fails, whose output is shown."""
    for number, (name, arguments) in enumerate(CHECKS, start=1):
        print("%d/%d %s: " % (number, len(CHECKS), name), end="", flush=True)
        started = time.monotonic()
        done = run([str(PYTHON), *arguments])
        seconds = time.monotonic() - started
        if done.returncode != 0:
            print("failed after %.1f s\n%s" % (seconds, done.stdout.rstrip()))
            return done.returncode
        last = done.stdout.strip().splitlines()[-1:] or ["nothing to say"]
        print("%s (%.1f s)" % (last[0].strip(" ="), seconds), flush=True)
    return 0


def install(name: str, label: str) -> None:
    """See that .venv has the packages of one lock, `run` or `dev`. Quick where nothing changed."""
    lock = ROOT / "requirements" / (name + ".txt")
    if is_installed(name, lock):
        if name == "run":
            print(label + ": already there", flush=True)
        return
    with locked(label):
        if is_installed(name, lock):
            print(label + ": already there", flush=True)
            return
        print(label + ": installing (half a minute the first time) ...", flush=True)
        if venv_version() is None or UNFINISHED.exists():
            make_venv()
        started = time.monotonic()
        UNFINISHED.write_text("an installation was interrupted: .venv is made anew\n")
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:", "--no-input"]
        pip += ["--disable-pip-version-check", "--retries", "2", "--timeout", "15", "-r", str(lock)]
        done = run(pip)
        if done.returncode != 0:
            raise Trouble("The packages of requirements/%s.txt could not be installed: %s." % (name, reason(done)))
        stamp_of(name).write_text(stamp(lock))
        UNFINISHED.unlink()
        print("%s: installed in %.0f s" % (label, time.monotonic() - started), flush=True)


def is_installed(name: str, lock: Path) -> bool:
    """Whether this very lock was installed to its end, by the Python that .venv still has."""
    if venv_version() is None or UNFINISHED.exists():
        return False
    with contextlib.suppress(FileNotFoundError):
        return stamp_of(name).read_text() == stamp(lock)
    return False


def stamp_of(name: str) -> Path:
    """The file that tells which lock is installed."""
    return VENV / ("installed-" + name)


def stamp(lock: Path) -> str:
    """What stands for a lock installed into the present .venv."""
    return "%s python %s\n" % (hashlib.sha256(lock.read_bytes()).hexdigest(), venv_version())


def venv_version() -> "str | None":
    """The Python version of a usable .venv; None where it is missing, broken, or of a Python that was replaced."""
    try:
        words = (VENV / "pyvenv.cfg").read_text()
    except FileNotFoundError:
        return None
    found = re.search(r"^version(?:_info)?\s*=\s*(\d+)\.(\d+)\S*", words, re.MULTILINE)
    if found is None or (int(found.group(1)), int(found.group(2))) < OLDEST or not PYTHON.exists():
        return None
    program = re.search(r"python(\d+\.\d+)$", str(PYTHON.resolve()))
    if program is not None and program.group(1) != "%s.%s" % found.groups():
        return None
    return found.group(0).split("=")[1].strip()


def make_venv() -> None:
    """Make .venv anew with a Python that is new enough."""
    if sys.version_info < OLDEST:
        newer = next(filter(None, (shutil.which("python3.%d" % minor) for minor in range(30, 10, -1))), None)
        if newer is None:
            raise Trouble(
                "Azora needs Python %d.%d or newer; this one (%s) is %d.%d: install a newer one and run "
                "`make PYTHON=/path/to/python3 ...`." % (*OLDEST, sys.executable, *sys.version_info[:2])
            )
    else:
        newer = sys.executable
    done = run([newer, "-m", "venv", "--clear", str(VENV)])
    if done.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise Trouble("The virtual environment %s could not be made: %s." % (VENV, reason(done)))


@contextlib.contextmanager
def locked(label: str) -> "Iterator[None]":
    """Hold the project's installation lock; a second process waits and says so."""
    var = ROOT / "var"
    if not var.is_dir():
        var.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            owner = ROOT.stat()
            os.chown(var, owner.st_uid, owner.st_gid)
    with (var / "bootstrap.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(label + ": waiting for another installation", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command: "list[str]") -> "subprocess.CompletedProcess[str]":
    """Run a program; its two outputs as one text."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=environment,
    )


def reason(done: "subprocess.CompletedProcess[str]") -> str:
    """What made pip or venv fail: a known remedy, or the last line that names an error."""
    for words, remedy in REMEDIES:
        if words in done.stdout:
            return remedy
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["exit code %d" % done.returncode])[-1].rstrip(".")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit("bootstrap.py: %s" % trouble)
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the next call goes on from here.")
    except OSError as error:
        mend = {
            errno.ENOSPC: "free about 1 GB of disk space",
            errno.EROFS: "clone the project to where you may write",
            errno.EACCES: "make the folder writable for this account, or run as its owner",
        }.get(error.errno or 0, "see that the folder can be read and written")
        sys.exit("bootstrap.py: %s: %s; %s, then run the same command again." % (error.filename, error.strerror, mend))
