"""Where people sign in and out, and where an administrator manages them."""

from django.urls import path

from serving.accounts import people, views

urlpatterns = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-in/link", views.sign_in_link, name="sign-in-link"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("people", people.people, name="people"),
    path("people/<str:name>/end", people.end_account, name="end-account"),
    path("tokens/<int:token_id>/end", people.end_api_token, name="end-token"),
]
