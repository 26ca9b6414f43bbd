"""What accounts refuse."""

from careops.core.problems import Conflict, Forbidden, Invalid, Unauthorized


class SignInEnded(Unauthorized):
    code, detail = "not_authenticated", "The sign-in is not valid or has ended."


class InvalidCredentials(Unauthorized):
    code, detail = "invalid_credentials", "The e-mail address or the password is wrong."


class EmailTaken(Invalid):
    code, detail, field = "email_taken", "An account with this e-mail address exists already.", "email"


class InvalidEmail(Invalid):
    code, detail, field = "invalid_email", "This is not an e-mail address.", "email"


class InvalidName(Invalid):
    code, field = "invalid_name", "name"
    detail = "A name is one line of 1 to 120 characters."


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


class LastAdmin(Conflict):
    code, detail = "last_admin", "This is the last active admin. Make another one first."
