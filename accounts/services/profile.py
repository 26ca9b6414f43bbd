"""A user's own name and address."""

from django.db import IntegrityError, transaction

from accounts.enums import MailKind
from accounts.exceptions import EmailTaken
from accounts.models import User
from accounts.services.mails import plan_mail
from accounts.services.sign_up import NORMAL
from careops.core import clock
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.problems import read_each


@transaction.atomic
def update_profile(*, user: User, name: str | None = None, email: str | None = None) -> User:
    """Change one's own name or address. A new address is unconfirmed and mailed a link.

    Raises InvalidName, InvalidEmail, EmailTaken.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    given = {"name": name, "email": email}
    wanted = read_each(NORMAL, {field: value for field, value in given.items() if value is not None})
    changed = []
    if wanted.get("name", user.name) != user.name:
        user.name = wanted["name"]
        changed.append("name")
    if (email := wanted.get("email", user.email)) != user.email:
        if user.email_confirmed:
            user.former_email = user.email
        user.email, user.email_confirmed_at, user.email_changed_at = email, None, clock.now()
        changed += ["email", "former_email", "email_confirmed_at", "email_changed_at"]
    if not changed:
        return user
    try:
        with transaction.atomic():
            user.save(update_fields=with_folded(User, changed))
    except IntegrityError as error:
        raise EmailTaken from error
    emit("user.profile_changed", subject=user, actor=user, fields=changed)
    if "email" in changed:
        plan_mail(user=user, kind=MailKind.CONFIRM_EMAIL)
    return user
