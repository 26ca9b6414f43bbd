"""The two pages that the links in account mails open. Looking changes nothing; the button runs the API's verb."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, View

from accounts.enums import MailKind
from accounts.exceptions import LinkInvalid, NotThePassword
from accounts.forms import LinkForm, NewPasswordForm, PasswordForm
from accounts.links import user_of
from accounts.models import User
from accounts.services.confirmation import confirm_email, disown
from accounts.services.passwords import confirm_password_reset
from careops.core.admin.shown import date_and_time
from careops.core.problems import DomainError

NO_LONGER = "This link no longer works"
# What the pages say: a heading and a text.
INCOMPLETE = ("This link does not work", "The link is not complete. Copy it from the mail as a whole.")
CONFIRMED = ("Thank you", "Your e-mail address is confirmed. You can close this page.")
CONFIRMED_ANEW = (
    "Thank you",
    "Your e-mail address is confirmed. Sign in with your new password. Every earlier sign-in has ended.",
)
DISOWNED = ("It is done", "Nobody can use your address with that account any more.")


@method_decorator(never_cache, name="dispatch")
class LinkPage(FormView):  # type: ignore[type-arg]  # it is generic in its stubs only
    """Shows a form that carries the token of the link, and says what came of it."""

    template_name = "account/form.html"
    form_class = LinkForm
    done: ClassVar[dict[str, str]]

    def get_initial(self) -> dict[str, Any]:
        return {"token": self.request.GET.get("token", "")}

    def form_valid(self, form: LinkForm) -> HttpResponse:
        try:
            self.run(form.cleaned_data)
        except LinkInvalid as refusal:
            return said(self.request, NO_LONGER, refusal.detail, status=400)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.form_invalid(form)
        return said(self.request, self.done["heading"], self.done["text"])

    def form_invalid(self, form: LinkForm) -> HttpResponse:
        if "token" in form.errors:
            return said(self.request, *INCOMPLETE, status=400)
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def run(self, values: dict[str, Any]) -> None:
        """Do what the link is for. Raises LinkInvalid, ValidationError."""
        raise NotImplementedError


@method_decorator(never_cache, name="dispatch")
class ConfirmEmailPage(View):
    """Says what was asked and when, and takes one answer: the password, a new password, or "This was not me"."""

    def get(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get("token", "")
        return self._with_good(token, self._shown)

    def post(self, request: HttpRequest) -> HttpResponse:
        answers = {"keep": self._keep, "new": self._renew, "not_me": self._disown}
        answer = answers.get(request.POST.get("answer", ""), self._shown)
        return self._with_good(request.POST.get("token", ""), answer)

    def _with_good(self, token: str, answer: Callable[[str], HttpResponse]) -> HttpResponse:
        if not LinkForm({"token": token}).is_valid():
            return said(self.request, *INCOMPLETE, status=400)
        try:
            return answer(token)
        except LinkInvalid as refusal:
            return said(self.request, NO_LONGER, refusal.detail, status=400)

    def _shown(self, token: str, **refused: LinkForm) -> HttpResponse:
        """The page, with the form that was refused, if one was. Raises LinkInvalid."""
        user = user_of(MailKind.CONFIRM_EMAIL, token)
        context = {
            "heading": "Confirm your e-mail address",
            "user": user,
            "asked_at": date_and_time(user.email_changed_at or user.created_at),
            "signed_in": self._is_signed_in(user),
            "token": token,
            "keep": PasswordForm(initial={"token": token}, auto_id="keep_%s"),
            "new": NewPasswordForm(initial={"token": token}, auto_id="new_%s"),
            **refused,
        }
        return render(self.request, "account/confirm.html", context, status=400 if refused else 200)

    def _keep(self, token: str) -> HttpResponse:
        user = user_of(MailKind.CONFIRM_EMAIL, token)
        if self._is_signed_in(user):
            confirm_email(token=token, caller=user)
            return said(self.request, *CONFIRMED)
        form = PasswordForm(self.request.POST, auto_id="keep_%s")
        if form.is_valid():
            try:
                confirm_email(token=token, password=form.cleaned_data["password"])
            except NotThePassword as refusal:
                form.add_error("password", refusal.detail)
            else:
                return said(self.request, *CONFIRMED)
        return self._shown(token, keep=form)

    def _renew(self, token: str) -> HttpResponse:
        form = NewPasswordForm(self.request.POST, auto_id="new_%s")
        if form.is_valid():
            try:
                confirm_email(token=token, new_password=form.cleaned_data["password"])
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                return said(self.request, *CONFIRMED_ANEW)
        return self._shown(token, new=form)

    def _disown(self, token: str) -> HttpResponse:
        try:
            disown(token=token)
        except DomainError as refusal:
            if isinstance(refusal, LinkInvalid):
                raise
            return said(self.request, "This cannot be done", refusal.detail, status=refusal.status)
        return said(self.request, *DISOWNED)

    def _is_signed_in(self, user: User) -> bool:
        return bool(self.request.user.is_authenticated and self.request.user.pk == user.pk)


class ResetPasswordPage(LinkPage):
    form_class = NewPasswordForm
    extra_context = {
        "heading": "Choose a new password",
        "text": "You will be signed out on every device.",
        "button": "Set the new password",
    }
    done = {"heading": "Your new password is set", "text": "You can sign in with it now."}

    def run(self, values: dict[str, Any]) -> None:
        confirm_password_reset(token=values["token"], password=values["password"])


def said(request: HttpRequest, heading: str, text: str, *, status: int = 200) -> HttpResponse:
    return render(request, "account/said.html", {"heading": heading, "text": text}, status=status)
