"""Changing one's own password in the back office, by the same verb and limits as the API."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from unfold.forms import AdminOwnPasswordChangeForm

from accounts.devices import device_of
from accounts.models import SignIn
from accounts.services.passwords import change_password
from accounts.tokens import read_refresh
from careops.core.problems import DomainError


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    def clean_old_password(self) -> str:
        """Checked by the verb alone, which counts the tries."""
        return str(self.cleaned_data["old_password"])


class OwnPasswordView(PasswordChangeView):
    """Stays signed in here; every other device and session of the user is signed out."""

    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs)}

    def form_valid(self, form: Any) -> HttpResponse:
        old, new = form.cleaned_data["old_password"], form.cleaned_data["new_password1"]
        try:
            granted = change_password(
                user=form.user, old_password=old, new_password=new, device=device_of(self.request)
            )
        except DomainError as refusal:
            form.add_error("old_password", refusal.detail)
        except ValidationError as refusal:
            form.add_error("new_password1", refusal.messages)
        else:
            # The verb signs the device in with tokens, which nobody needs here.
            SignIn.objects.filter(pk=read_refresh(granted.tokens.refresh).sign_in_id).end(why="admin_session")
            form.user.refresh_from_db()
            update_session_auth_hash(self.request, form.user)
            return HttpResponseRedirect(str(self.success_url))
        return self.form_invalid(form)
