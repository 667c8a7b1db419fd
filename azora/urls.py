"""The platform's addresses."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from azora.kernel import rest
from azora.kernel.health import healthz

# People's rights are roles of `accounts`; Django's groups have no meaning here.
admin.site.unregister(Group)
admin.site.site_header = "Azora"
admin.site.site_title = "Azora"
admin.site.index_title = "What is in the platform"

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(rest.urls())),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("healthz", healthz, name="healthz"),
]

handler400 = "azora.kernel.rest.problems.bad_request"
handler403 = "azora.kernel.rest.problems.permission_denied"
handler404 = "azora.kernel.rest.problems.not_found"
handler500 = "azora.kernel.rest.problems.server_error"
