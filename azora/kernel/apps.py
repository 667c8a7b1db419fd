from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "azora.kernel"
    label = "kernel"
    verbose_name = "Kernel"

    def ready(self) -> None:
        from azora.kernel import checks  # noqa: F401, PLC0415  (registering is what importing it does)
