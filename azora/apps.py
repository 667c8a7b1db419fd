from django.apps import AppConfig


class AzoraConfig(AppConfig):
    """The composition root: the only app that may know all others. It has no models."""

    name = "azora"
    label = "azora"
    verbose_name = "Azora"

    def ready(self) -> None:
        from azora import checks  # noqa: F401, PLC0415  (registering is what importing it does)
