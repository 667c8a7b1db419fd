"""Answers kept under the Idempotency-Key of the request that they were given to."""

import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import azora.kernel.records


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0001_uuid7"),
    ]

    operations = [
        migrations.CreateModel(
            name="Idempotency",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=azora.kernel.records.UUID7(), editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("actor", models.UUIDField()),
                ("key", models.CharField(max_length=255)),
                ("input_hash", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.TextField(db_default="", default="")),
            ],
            options={
                "verbose_name_plural": "idempotency",
                "abstract": False,
                "indexes": [models.Index(fields=["created_at"], name="kernel_idempotency_created_at")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("actor", "key"),
                        name="kernel_idempotency_actor_key",
                        violation_error_message="This Idempotency-Key is in use.",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="idempotency",
            trigger=pgtrigger.compiler.Trigger(
                name="touch",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.updated_at = statement_timestamp(); RETURN NEW;",
                    hash="75977d00f64dc68b96682e5081e5fe22fd42695a",
                    operation="UPDATE",
                    pgid="pgtrigger_touch_eb679",
                    table="kernel_idempotency",
                    when="BEFORE",
                ),
            ),
        ),
    ]
