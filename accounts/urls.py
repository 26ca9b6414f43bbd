"""Routes of accounts, under ``/api/``."""

from django.urls import path

from accounts.authentication import JustChangedPassword
from accounts.views import AccountLinkView, MeView, SignInView, SignUpView, UserView

sign_up = SignUpView.as_view({"post": "create"})
user = UserView.as_view({"get": "retrieve", "patch": "partial_update"})

change_password = MeView.as_view({"post": "change_password"}, authentication_classes=(JustChangedPassword,))

urlpatterns = [
    path("auth/register", sign_up, name="register"),
    path("auth/signup", sign_up, name="signup"),
    path("auth/login", SignInView.as_view({"post": "sign_in"}), name="login"),
    path("auth/refresh", SignInView.as_view({"post": "refresh"}), name="refresh"),
    path("auth/logout", SignInView.as_view({"post": "sign_out"}), name="logout"),
    path("auth/me", MeView.as_view({"get": "retrieve", "patch": "partial_update"}), name="me"),
    path("auth/password", change_password, name="password"),
    path("auth/email/resend", MeView.as_view({"post": "resend"}), name="email-resend"),
    path("auth/email/confirm", AccountLinkView.as_view({"post": "confirm_email"}), name="email-confirm"),
    path("auth/password/reset", AccountLinkView.as_view({"post": "request_reset"}), name="password-reset"),
    path("auth/email/not-me", AccountLinkView.as_view({"post": "disown"}), name="email-not-me"),
    path(
        "auth/password/reset/confirm",
        AccountLinkView.as_view({"post": "confirm_reset"}),
        name="password-reset-confirm",
    ),
    path("users/<int:pk>", user, name="user"),
]
