"""Where the twins of the outside systems are, and what a development installation needs to speak with them."""

HOST = "127.0.0.1"
SIKKA_APP_ID = "sandboxapp0000000000000000000001"
SIKKA_APP_KEY = "sandboxkey0000000000000000000001"
NOCODEBACKEND_KEY = "sandbox-key-of-the-nocodebackend-twin"  # of nobody's account


def host(port: int) -> str:
    """The address that outgoing calls may reach."""
    return f"{HOST}:{port}"


def sikka(port: int) -> str:
    """The base URL of the twin of Sikka."""
    return f"http://{HOST}:{port}/sikka/v4"


def nocodebackend(port: int) -> dict[str, str | int]:
    """The settings that lead to the twin of NoCodeBackend."""
    return {
        "API_KEY": NOCODEBACKEND_KEY,
        "BASE_URL": f"http://{HOST}:{port}/nocodebackend",
        "REFERRALOMSDB_INSTANCE": "35557_referralomsdb",
        "WEBSITE_UPLOADS_INSTANCE": "35557_website_uploads",
    }
