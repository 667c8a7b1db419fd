"""The WSGI application: what `manage.py run` serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azora.settings")

application = get_wsgi_application()
