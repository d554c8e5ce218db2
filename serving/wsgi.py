"""The site as a WSGI application, for `python -m serving` and for servers of your own."""

from django.core.wsgi import get_wsgi_application

from serving.start import start_django

start_django()
application = get_wsgi_application()
