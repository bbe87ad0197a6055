"""Every page and call of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from conversations import views
from conversations.api import api

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one way in, with its limits
admin.site.site_header = admin.site.site_title = "Chatsite"

urlpatterns = [
    path("", views.chat, name="chat"),
    path("conversations/<uuid:conversation_id>/", views.chat, name="conversation"),
    path("conversations/<uuid:conversation_id>/thread/", views.thread, name="thread"),
    path("setup/", views.set_up, name="setup"),
    path("language/", views.change_language, name="language"),
    path("local-model/", views.small_model, name="local-model"),
    path("endpoints/add/", views.add_endpoint, name="add-endpoint"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("livez", views.alive),
    path("readyz", views.ready),
]
