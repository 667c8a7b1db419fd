"""Settings of a command that a test runs in a process of its own, on the test's database and folders."""

import os
from pathlib import Path

from azora.settings import *  # noqa: F403
from azora.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
DECLARATIONS_DIR = Path(os.environ["TEST_FOLDER"]) / "upstreams"
CHECKOUTS_DIR = Path(os.environ["TEST_FOLDER"]) / "database-schemas"
EXTRACTS_DIR = Path(os.environ["TEST_FOLDER"]) / "extracted-schemas"
