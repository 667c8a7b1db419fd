"""The roles that the platform itself understands."""

from django.db import migrations

ROLES = [
    (
        "platform_administrator",
        "platform",
        "Platform administrator",
        "Sees and does everything, in every organization.",
    ),
    (
        "platform_auditor",
        "platform",
        "Platform auditor",
        "Sees everything in the admin, in every organization, and changes nothing.",
    ),
    (
        "organization_administrator",
        "organization",
        "Organization administrator",
        "Invites people, gives roles, issues keys and sees all rows of one organization.",
    ),
]


def make_roles(apps, schema_editor):
    role = apps.get_model("accounts", "Role")
    role.objects.using(schema_editor.connection.alias).bulk_create(
        [role(code=code, scope=scope, name=name, description=description) for code, scope, name, description in ROLES],
        ignore_conflicts=True,
    )


def remove_unused_roles(apps, schema_editor):
    role = apps.get_model("accounts", "Role")
    codes = [code for code, *_ in ROLES]
    role.objects.using(schema_editor.connection.alias).filter(code__in=codes, assignments=None).delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(make_roles, remove_unused_roles)]
