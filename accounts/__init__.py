"""People who sign in: users and their roles, signed-in devices, tokens, permissions."""
