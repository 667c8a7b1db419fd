"""What the lists of learning have in common: columns that every row has, and conditions for kinds of columns."""

from __future__ import annotations

TIMES = ("created_at", "updated_at")

ONE_OR_SOME = ("exact", "in")
ONE_SOME_OR_NONE = ("exact", "in", "isnull")
PERIOD = ("gte", "lt", "isnull")
AMOUNT = ("gte", "lt")

#: The filters of every list.
ROW = {"organization": ONE_OR_SOME, "created_at": AMOUNT, "updated_at": AMOUNT}
