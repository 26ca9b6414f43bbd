"""The two pages that the links in account mails open. Looking changes nothing; the button runs the API's verb."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from accounts.exceptions import LinkInvalid
from accounts.forms import LinkForm, NewPasswordForm
from accounts.services.passwords import confirm_password_reset
from accounts.services.profile import confirm_email


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
            return said(self.request, heading="This link no longer works", text=refusal.detail, status=400)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.form_invalid(form)
        return said(self.request, heading=self.done["heading"], text=self.done["text"])

    def form_invalid(self, form: LinkForm) -> HttpResponse:
        if "token" in form.errors:
            text = "The link is not complete. Copy it from the mail as a whole."
            return said(self.request, heading="This link does not work", text=text, status=400)
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def run(self, values: dict[str, Any]) -> None:
        """Do what the link is for. Raises LinkInvalid, ValidationError."""
        raise NotImplementedError


class ConfirmEmailPage(LinkPage):
    extra_context = {
        "heading": "Confirm your e-mail address",
        "text": "Press the button to confirm that the address is yours.",
        "button": "Confirm",
    }
    done = {"heading": "Thank you", "text": "Your e-mail address is confirmed. You can close this page."}

    def run(self, values: dict[str, Any]) -> None:
        confirm_email(token=values["token"])


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


def said(request: HttpRequest, *, heading: str, text: str, status: int = 200) -> HttpResponse:
    return render(request, "account/said.html", {"heading": heading, "text": text}, status=status)
