"""Items, the stock ledger and what a service uses up."""
