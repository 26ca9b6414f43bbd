"""People who sign in, the devices they are signed in on, and the mail about their accounts."""

from accounts.admin.sign_ins import AccountMailAdmin, SignInAdmin
from accounts.admin.users import UserAdmin

__all__ = ["AccountMailAdmin", "SignInAdmin", "UserAdmin"]
