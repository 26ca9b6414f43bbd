"""What the front desk does with a referral."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from bookings.admin.forms import BESIDE
from bookings.admin.labels import provider_label, service_label
from bookings.models import MINUTES_PER_DAY, Provider, Service
from bookings.services import Override
from careops.core.admin import ObjectField, Verb, WallClockField
from connections.admin.referral_sides import outsider, professionals, providers, side_given
from connections.enums import REFERRAL_MOVES, ReferralStatus
from connections.exceptions import FileTooLarge
from connections.filing import words_of
from connections.models import Referral
from connections.services import files, moves, referrals


class AnswerForm(forms.Form):
    answer = forms.CharField(
        max_length=2000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="What the other side says; may be left empty.",
    )  # fmt: skip


class BookForm(forms.Form):
    provider = ObjectField(
        Provider.objects.filter(is_active=True), label_of=provider_label, required=False,
        help_text="Empty: the provider that the referral goes to. The time below is by its clock.",
    )  # fmt: skip
    service = ObjectField(
        Service.objects.filter(is_active=True).select_related("provider"), label_of=service_label, required=False
    )  # fmt: skip
    starts = WallClockField(label="When")
    minutes = forms.IntegerField(
        label="Length in minutes", required=False, min_value=1, max_value=MINUTES_PER_DAY,
        widget=UnfoldAdminIntegerFieldWidget, help_text="Empty: as long as the service takes, else 30 minutes.",
    )  # fmt: skip
    notes = forms.CharField(
        max_length=5000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="Of the booking; empty: the reference.",
    )  # fmt: skip
    why_anyway = forms.CharField(
        label="Why book outside opening hours", max_length=300, required=False,
        widget=UnfoldAdminTextInputWidget, help_text="Only if the provider is closed then. It is recorded.",
    )  # fmt: skip


class SendForm(forms.Form):
    to_professional = professionals("To a professional")
    to_provider = providers("To a provider")
    to_name = outsider("To somebody outside")


class FileForm(forms.Form):
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, allow_empty_file=True, max_length=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        size = filesizeformat(settings.REFERRAL_FILE_MAX_BYTES)
        self.fields["file"].help_text = f"{words_of(settings.REFERRAL_FILE_TYPES)}; at most {size}."


def _may_become(status: ReferralStatus) -> Callable[[Referral], bool]:
    return lambda referral: status in REFERRAL_MOVES.get(referral.status, {})


def _book(referral: Referral, actor: Any, **given: Any) -> Referral:
    provider, service, reason = given["provider"], given["service"], given["why_anyway"].strip()
    return moves.book(
        referral=referral,
        actor=actor,
        at=given["starts"],
        provider_id=provider.pk if provider else None,
        service_id=service.pk if service else None,
        duration_minutes=given["minutes"],
        notes=given["notes"],
        override=Override(reason=reason) if reason else None,
    )


def _send(referral: Referral, actor: Any, **given: Any) -> Referral:
    to = asdict(side_given(given, "to"))
    return referrals.update(
        referral=referral, actor=actor, **{f"to_{part}": value for part, value in to.items()}
    )


def _add_file(referral: Referral, actor: Any, *, file: Any) -> None:
    if file.size > settings.REFERRAL_FILE_MAX_BYTES:
        raise FileTooLarge
    files.add_file(referral=referral, actor=actor, name=file.name, content=file.read())


VERBS = (
    Verb(
        name="accept",
        label="Accept",
        icon="check",
        variant="primary",
        run=lambda referral, actor: moves.accept(referral=referral, actor=actor),
        done="The referral is accepted.",
        when=_may_become(ReferralStatus.ACCEPTED),
        on_lists=True,
    ),
    Verb(
        name="book",
        label="Book",
        permission="book",
        icon="event_available",
        variant="primary",
        run=_book,
        form=BookForm,
        beside=BESIDE,
        done="The person is booked.",
        note="The appointment is a booking like any other; the referral goes with it from now on.",
        when=lambda referral: _may_become(ReferralStatus.BOOKED)(referral) and not referral.goes_outside,
    ),
    Verb(
        name="complete",
        label="Complete",
        icon="done_all",
        run=lambda referral, actor, answer: moves.complete(
            referral=referral, actor=actor, answer=answer or None
        ),
        form=AnswerForm,
        done="The referral is completed.",
        note="A booking of it that is still open is completed with it.",
        when=_may_become(ReferralStatus.COMPLETED),
    ),
    Verb(
        name="decline",
        label="Decline",
        icon="block",
        run=lambda referral, actor, answer: moves.decline(
            referral=referral, actor=actor, answer=answer or None
        ),
        form=AnswerForm,
        done="The referral is declined.",
        when=_may_become(ReferralStatus.DECLINED),
    ),
    Verb(
        name="send",
        label="Send elsewhere",
        icon="alt_route",
        run=_send,
        form=SendForm,
        beside={"not_found": "to_professional", "provider_inactive": "to_provider"},
        done="The referral goes there now.",
        note="Whoever is asked now is told. Who was asked before does not find it any more.",
        when=lambda referral: referral.status == ReferralStatus.OPEN,
    ),
    Verb(
        name="add-file",
        label="Add a file",
        permission="connections.add_referralfile",
        icon="attach_file",
        run=_add_file,
        form=FileForm,
        done="The file is added.",
        when=lambda referral: referral.status not in files.CLOSED,
    ),
    Verb(
        name="cancel",
        label="Cancel referral",
        icon="cancel",
        variant="danger",
        run=lambda referral, actor: moves.cancel(referral=referral, actor=actor),
        done="The referral is cancelled.",
        note="A booking of it that is still open is cancelled with it.",
        when=_may_become(ReferralStatus.CANCELLED),
    ),
)
