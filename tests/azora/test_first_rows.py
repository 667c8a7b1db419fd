"""The rows a new platform begins with."""

from pathlib import Path

import pytest

from accounts.models import RoleAssignment, User
from azora.first_rows import EMAIL, make_administrator, make_demo
from azora.kernel.errors import Refusal
from lms.models import Course, Enrollment


@pytest.mark.django_db
def test_the_password_is_said_once_and_kept(tmp_path: Path) -> None:
    kept = tmp_path / "administrator"
    said = make_administrator(kept)
    email, password = kept.read_text().split()
    assert f"with the password {password} (said once" in said
    assert User.objects.get().check_password(password)
    assert make_administrator(kept) == f"there already; the password is in {kept}"
    assert (User.objects.count(), email) == (1, EMAIL)


@pytest.mark.django_db
def test_without_a_place_for_the_password_nobody_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        make_administrator(tmp_path / "file" / "administrator")
    assert User.objects.count() == 0


@pytest.mark.django_db
def test_an_address_that_is_taken_is_refused_and_no_password_is_kept(tmp_path: Path) -> None:
    make_administrator(tmp_path / "first")
    RoleAssignment.objects.all().delete()
    with pytest.raises(Refusal):
        make_administrator(tmp_path / "second")
    assert not (tmp_path / "second").exists()


@pytest.mark.django_db
def test_the_demo_is_made_once() -> None:
    assert make_demo() == "Northlight University, made"
    before = (User.objects.count(), Course.objects.count(), Enrollment.objects.count())
    assert min(before) > 0
    assert make_demo() == "Northlight University, there already"
    assert (User.objects.count(), Course.objects.count(), Enrollment.objects.count()) == before
