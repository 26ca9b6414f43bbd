"""The ground floor: events, alerts, the outbox and the API's common ground. It knows no domain."""
