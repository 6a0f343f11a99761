"""Where an ASGI server begins: Django is set up first, then ``web.routing`` loaded, whose modules need it."""

import os

import django
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")
django.setup()

application = import_string("web.routing.application")
