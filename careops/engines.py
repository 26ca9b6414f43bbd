"""How the databases and the queue are driven: what is the same in every installation."""

SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
POSTGRESQL = {
    "connect_timeout": 5,
    # A server that vanished without a word is noticed within half a minute.
    "tcp_user_timeout": 30_000,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
QUEUE = {
    "name": "careops",
    "orm": "default",
    "broker_class": "careops.core.queue.Doorbell",
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 60,
    "retry": 240,
    "ack_failures": True,
    "max_attempts": 1,
    "catch_up": False,
    "save_limit": 200,
    "compress": False,
    "label": "Queue",
    "log_level": "WARNING",
}
