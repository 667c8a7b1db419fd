"""New models are written into a migration with all that belongs to them."""

import pgtrigger
import pytest
from django.db import models
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel, RunSQL
from django.db.migrations.state import ModelState, ProjectState
from pgtrigger.compiler import Trigger
from pgtrigger.migrations import AddTrigger

from azora.kernel.folding import InstallTrigger, fold
from azora.kernel.records import Touch

KEY = ("id", models.UUIDField(primary_key=True))
NAMED = models.CheckConstraint(condition=~models.Q(name=""), name="shop_leaf_named")
BY_NAME = models.Index(fields=["name"], name="shop_leaf_by_name")


def reference(to: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(to, models.CASCADE, null=null)


def state_of(**fields: list[tuple[str, models.Field]]) -> ProjectState:
    state = ProjectState()
    for name, given in fields.items():
        state.add_model(ModelState("shop", name, given))
    return state


def test_fields_constraints_and_indexes_move_into_the_creation_in_the_order_of_the_keys() -> None:
    name = ("name", models.TextField())
    state = state_of(Leaf=[KEY, name, ("branch", reference("shop.Branch"))], Branch=[KEY])
    rest = RunSQL("SELECT 1")
    folded = fold(
        [
            CreateModel("Leaf", [KEY, name]),
            CreateModel("Branch", [KEY]),
            AddField("leaf", "branch", reference("shop.Branch")),
            AddConstraint("leaf", NAMED),
            AddIndex("leaf", BY_NAME),
            rest,
        ],
        "shop",
        state,
    )
    assert [type(operation) for operation in folded] == [CreateModel, CreateModel, RunSQL]
    branch, leaf, last = folded
    assert (branch.name, leaf.name, last) == ("Branch", "Leaf", rest)
    assert [field for field, _ in leaf.fields] == ["id", "name", "branch"]
    assert leaf.options == {"constraints": [NAMED], "indexes": [BY_NAME]}


def test_a_circle_is_closed_by_its_nullable_key_when_all_models_stand() -> None:
    state = state_of(
        Leaf=[KEY, ("branch", reference("shop.Branch"))], Branch=[KEY, ("crown", reference("shop.Leaf", null=True))]
    )
    constraint = models.UniqueConstraint(fields=["crown"], name="shop_branch_crown")
    folded = fold(
        [
            CreateModel("Branch", [KEY]),
            CreateModel("Leaf", [KEY, ("branch", reference("shop.Branch"))]),
            AddField("branch", "crown", reference("shop.Leaf", null=True)),
            AddConstraint("branch", constraint),
        ],
        "shop",
        state,
    )
    assert [operation.describe() for operation in folded] == [
        "Create model Branch",
        "Create model Leaf",
        "Add field crown to branch",
        "Create constraint shop_branch_crown on model branch",
    ]


def test_a_circle_that_nothing_can_open_is_named() -> None:
    state = state_of(Leaf=[KEY, ("branch", reference("Branch"))], Branch=[KEY, ("leaf", reference("Leaf"))])
    with pytest.raises(ValueError, match="New models of shop need each other"):
        fold([CreateModel("Leaf", [KEY]), CreateModel("Branch", [KEY])], "shop", state)


def test_a_tree_points_at_itself() -> None:
    state = state_of(Unit=[KEY, ("parent", reference("self", null=True))])
    (only,) = fold([CreateModel("Unit", [KEY, ("parent", reference("self", null=True))])], "shop", state)
    assert [field for field, _ in only.fields] == ["id", "parent"]


def test_what_changes_an_older_model_stays_as_it_is() -> None:
    operations = [AddIndex("leaf", BY_NAME), AddConstraint("leaf", NAMED)]
    assert fold(operations, "shop", state_of(Leaf=[KEY])) == operations


def test_a_trigger_is_installed_without_rendering_models() -> None:
    trigger = Trigger(
        name="touch",
        sql=pgtrigger.compiler.UpsertTriggerSql(
            func=Touch.func, hash="x", operation="UPDATE", pgid="touch", table="shop_leaf", when="BEFORE"
        ),
    )
    state = state_of(Leaf=[KEY])
    _, install = fold([CreateModel("Leaf", [KEY]), AddTrigger("leaf", trigger)], "shop", state)
    assert isinstance(install, InstallTrigger)
    install.state_forwards("shop", state)
    assert state.models["shop", "leaf"].options["triggers"] == [trigger]
