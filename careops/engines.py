"""How the databases, the queue and the API are driven: what is the same in every installation."""

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
REST = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.SignInAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.RoleAllowed"],
    "DEFAULT_PARSER_CLASSES": ["careops.core.requests.GuardedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["careops.core.reads.ORJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "careops.core.requests.AlwaysJSON",
    "DEFAULT_THROTTLE_CLASSES": ["careops.core.throttling.ApiThrottle"],
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "careops.core.schema.CareOpsSchema",
    "EXCEPTION_HANDLER": "careops.core.problems.handle_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
