"""The address of the websocket."""

from django.urls import path

from conversations.websocket.consumer import ChatConsumer

websocket_urlpatterns = [path("ws/", ChatConsumer.as_asgi())]
