"""The pages behind the links in account mails, under ``/account/``."""

from django.urls import path

from accounts.pages import ConfirmEmailPage, ResetPasswordPage

urlpatterns = [
    path("confirm", ConfirmEmailPage.as_view(), name="account-confirm"),
    path("reset", ResetPasswordPage.as_view(), name="account-reset"),
]
