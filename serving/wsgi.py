"""The site as a WSGI application, for `python -m serving` and for servers of your own."""

from django.core.wsgi import get_wsgi_application

from serving.patience import limit_waiting
from serving.start import start_django

start_django()
limit_waiting()
application = get_wsgi_application()
