"""The forms behind the links in account mails."""

from typing import Any

from django import forms


class LinkForm(forms.Form):
    """Only the token of the link: pressing the button is the whole of it."""

    token = forms.CharField(max_length=200, widget=forms.HiddenInput)


class PasswordForm(LinkForm):
    password = forms.CharField(
        label="Password of the account",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewPasswordForm(LinkForm):
    password = forms.CharField(
        label="New password",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same once more",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "password" in values and "again" in values and values["password"] != values["again"]:
            self.add_error("again", "The two passwords differ.")
        return values
