from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from azora.kernel.records import UUID7


class State(models.TextChoices):
    DRAFT = "draft"
    ON_SHELF = "on_shelf"
    LENT = "lent"


class Shelf(models.Model):
    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    organization = models.UUIDField()
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "library"

    def __str__(self):
        return self.name


class Book(models.Model):
    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    organization = models.UUIDField()
    shelf = models.ForeignKey(Shelf, on_delete=models.PROTECT, null=True)
    title = models.CharField(max_length=40)
    notes = models.TextField(default="", db_default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    pages = models.IntegerField(null=True)
    copies = models.BigIntegerField(default=1)
    price = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    is_open = models.BooleanField(default=True)
    printed_on = models.DateField(null=True)
    due_at = models.DateTimeField(null=True)
    tags = ArrayField(models.CharField(max_length=20), default=list)
    attributes = models.JSONField(default=dict)
    label = models.GeneratedField(
        expression=models.functions.Upper("title"), output_field=models.CharField(max_length=40), db_persist=True
    )
    secret_hash = models.CharField(max_length=64, default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        app_label = "library"
        indexes = [
            models.Index(fields=["title", "id"], name="library_book_title"),
            models.Index(fields=["due_at", "id"], name="library_book_due_at"),
        ]

    def __str__(self):
        return self.title
