"""A small Django project with django-chunked-upload, in place of a community: media in two forms.

/library/api/v2     the library's views as they are: the field "file", 200
/documented/api/v2  the same views with what SelfCommunity documents: "image" or "document", 201, limits

Prints its port. Ends when its stdin closes.
"""

import hashlib
import json
import logging
import os
import sys
import tempfile
import threading
from datetime import timedelta

import django
from django.conf import settings
from django.utils import translation

# The library imports a name that Django 4 has removed.
translation.ugettext = translation.gettext

ROOT = tempfile.mkdtemp(prefix="community-")
TOKEN = os.environ["COMMUNITY_TOKEN"]

# A rejected request is a result of a test, and no news.
logging.disable(logging.ERROR)

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY="only for this process",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "chunked_upload"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{ROOT}/db.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    MEDIA_ROOT=ROOT,
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    LOGGING_CONFIG=None,
    CHUNKED_UPLOAD_EXPIRATION_DELTA=timedelta(
        seconds=float(os.environ.get("COMMUNITY_UPLOAD_SECONDS", "86400"))
    ),
)
django.setup()

from chunked_upload.models import ChunkedUpload  # noqa: E402
from chunked_upload.views import ChunkedUploadCompleteView, ChunkedUploadView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

MEDIA = []


class Chunk(ChunkedUploadView):
    pass


class Complete(ChunkedUploadCompleteView):
    def on_completion(self, uploaded_file, request):
        content = uploaded_file.read()
        self.media = {
            "id": len(MEDIA) + 1,
            "type": request.POST.get("type", "doc"),
            "title": uploaded_file.name,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        MEDIA.append(self.media)

    def get_response_data(self, chunked_upload, request):
        return self.media


class Created:
    """Answers 201 where the library answers 200."""

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        if response.status_code == 200:
            response.status_code = 201
        return response


class DocumentedChunk(Created, Chunk):
    fail_if_no_header = True

    @property
    def field_name(self):
        return "image" if "image" in self.request.FILES else "document"

    def get_max_bytes(self, request):
        return (5 if self.field_name == "image" else 50) * 1000 * 1000


class DocumentedComplete(Created, Complete):
    pass


def media(request, number):
    for one in MEDIA:
        if one["id"] == number:
            return JsonResponse(one)
    return JsonResponse({"detail": "Not found."}, status=404)


def all_media(request):
    return JsonResponse({"media": MEDIA, "uploads": ChunkedUpload.objects.count()})


def with_token(view):
    def check(request, *args, **kwargs):
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return JsonResponse({"detail": "Invalid token."}, status=401)
        return view(request, *args, **kwargs)

    return check


def routes(prefix, chunk, complete):
    base = f"{prefix}/api/v2/media"
    return [
        path(f"{base}/upload/chunk/", with_token(chunk.as_view())),
        path(f"{base}/upload/complete/", with_token(complete.as_view())),
        path(f"{base}/<int:number>/", with_token(media)),
    ]


urlpatterns = [
    *routes("library", Chunk, Complete),
    *routes("documented", DocumentedChunk, DocumentedComplete),
    path("judge/", all_media),
]


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def main():
    call_command("migrate", verbosity=0)
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    sys.stdin.read()


main()
