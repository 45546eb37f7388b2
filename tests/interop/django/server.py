"""django-oauth-toolkit as an OpenID provider. It prints one line, `READY <issuer>`, when it serves, and ends when its standard input does."""

import os
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings

CALLBACK = "http://127.0.0.1:49152/callback"
SECRET = "a secret of the tests, 32 octets or more: 50% & +/=~"
LOGIN = """<form method="post">{% csrf_token %}{{ form.as_p }}<input type="hidden" name="next" value="{{ next }}"><button>Log in</button></form>"""


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


application = None
server = make_server("127.0.0.1", 0, lambda environ, start: application(environ, start), handler_class=Quiet)
issuer = f"http://127.0.0.1:{server.server_port}"
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    # Of one thread, and gone with it.
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
        "oauth2_provider",
    ],
    LOGIN_URL="/login/",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    OAUTH2_PROVIDER={
        "ACCESS_TOKEN_EXPIRE_SECONDS": 300,
        "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
        "OAUTH_DEVICE_VERIFICATION_URI": f"{issuer}/device/",
        "OAUTH_DEVICE_VERIFICATION_URI_COMPLETE": lambda user_code: f"{issuer}/device/?user_code={user_code}",
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": issuer,
        "OIDC_RSA_PRIVATE_KEY": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "SCOPES": {"openid": "who you are", "files.read": "read your files"},
    },
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the tests",
    STATIC_URL="/static/",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402

urlpatterns = [path("login/", LoginView.as_view()), path("", include("oauth2_provider.urls"))]

call_command("migrate", verbosity=0)
for person in ("alice", "bob", "carol"):
    User.objects.create_user(person, password="x")


def register(client_id, client_type, grant, **more):
    Application.objects.create(
        client_id=client_id,
        name=client_id,
        client_type=client_type,
        authorization_grant_type=grant,
        client_secret=SECRET if client_type == Application.CLIENT_CONFIDENTIAL else "",
        algorithm=Application.RS256_ALGORITHM,
        **more,
    )


code = {"redirect_uris": CALLBACK, "post_logout_redirect_uris": "http://127.0.0.1/goodbye"}
register("public", Application.CLIENT_PUBLIC, Application.GRANT_AUTHORIZATION_CODE, **code)
register("basic", Application.CLIENT_CONFIDENTIAL, Application.GRANT_AUTHORIZATION_CODE, **code)
register("device", Application.CLIENT_PUBLIC, Application.GRANT_DEVICE_CODE)
register("service", Application.CLIENT_CONFIDENTIAL, Application.GRANT_CLIENT_CREDENTIALS)

application = get_wsgi_application()
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print(f"READY {issuer}", flush=True)
server.serve_forever()
