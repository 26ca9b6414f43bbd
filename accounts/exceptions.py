"""What accounts refuse."""

from careops.core.problems import Conflict, Forbidden, Invalid, Unauthorized


class SignInEnded(Unauthorized):
    code, detail = "not_authenticated", "The sign-in is not valid or has ended."


class InvalidCredentials(Unauthorized):
    code, detail = "invalid_credentials", "The e-mail address or the password is wrong."


class EmailTaken(Invalid):
    code, detail, field = "email_taken", "An account with this e-mail address exists already.", "email"


class RoleNotOpen(Forbidden):
    code, detail = "role_not_open", "Only an admin may make an account with this role."


class WrongPassword(Invalid):
    code, detail, field = "wrong_password", "This is not your present password.", "old_password"


class LinkInvalid(Invalid):
    code, detail, field = (
        "invalid_token",
        "This link was used already or is too old. Ask for a new one.",
        "token",
    )


class EmailUnconfirmed(Forbidden):
    code, detail = "email_unconfirmed", "Confirm your e-mail address first."


class ConfirmationUnproven(Invalid):
    code, field = "required", "password"
    detail = "Give the password of the account, or a new one."


class NotThePassword(Invalid):
    code, field = "wrong_password", "password"
    detail = "This is not the password of the account. Try again, or set a new one."


class NotApproved(Forbidden):
    code = "not_approved"
    detail = "The clinic has not approved your account yet. It mails you as soon as it has."


class OnlyProfessionalsAreApproved(Invalid):
    code, field, detail = "not_a_professional", "approved", "Only professionals are approved."


class AdminOnly(Forbidden):
    code, detail = "admin_only", "Only an admin may change this."

    def __init__(self, *, field: str) -> None:
        self.field = field
        super().__init__()


class LastAdmin(Conflict):
    code, detail = "last_admin", "This is the last active admin. Make another one first."
