"""The back office's own base, and the pages of the tables that every domain shares."""

from careops.core.admin.base import BackOfficeAdmin, ReadOnlyAdmin
from careops.core.admin.choices import ObjectField
from careops.core.admin.forms import VerbForm, WallClockField
from careops.core.admin.formsets import VerbFormSet
from careops.core.admin.inlines import VerbInline
from careops.core.admin.queue import BellAdmin
from careops.core.admin.record import AccessRecordAdmin, record_page
from careops.core.admin.shown import label, two_lines
from careops.core.admin.tables import STATES, AlertAdmin, OutboxAdmin
from careops.core.admin.verbs import Verb

__all__ = [
    "STATES",
    "AccessRecordAdmin",
    "AlertAdmin",
    "BackOfficeAdmin",
    "BellAdmin",
    "ObjectField",
    "OutboxAdmin",
    "ReadOnlyAdmin",
    "Verb",
    "VerbForm",
    "VerbFormSet",
    "VerbInline",
    "WallClockField",
    "label",
    "record_page",
    "two_lines",
]
