"""Reading a practice: what is there comes here, field by field, and a person decides where both sides changed."""
