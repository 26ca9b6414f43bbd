"""How dates are written in the back office."""
