"""The verbs of accounts: signing up, in and out, passwords, addresses, roles."""
