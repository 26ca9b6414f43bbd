"""People who sign in, the devices they are signed in on, and the mail about their accounts."""

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin.sign_ins import AccountMailAdmin, SignInAdmin
from accounts.admin.users import UserAdmin

__all__ = ["AccountMailAdmin", "SignInAdmin", "UserAdmin"]

admin.site.unregister(Group)  # what people may do follows from their role alone
