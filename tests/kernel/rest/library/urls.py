from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from azora.kernel.rest import problems, urls
from tests.kernel.rest.library.api import Books, BookShelves

urlpatterns = [
    path("api/v1/", include(urls(Books, BookShelves))),
    path("api/schema/", SpectacularAPIView.as_view(authentication_classes=()), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema", authentication_classes=()), name="docs"),
]
handler400 = problems.bad_request
handler403 = problems.permission_denied
handler404 = problems.not_found
handler500 = problems.server_error
