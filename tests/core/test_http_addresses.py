"""Outbound calls cannot be steered to internal addresses, whatever a name or a number is written like."""

import datetime
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from careops.core import http
from tests.core.raw_server import OK, say, serving

NAME = "pms.example.com"
PUBLIC = "93.184.216.34"
LOOPBACK = ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost"]
LOOPBACK_ELSEWHERE = [
    "①②⑦.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"
]  # fmt: skip
INTERNAL = [
    "0.0.0.1", "10.0.0.5", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.88.99.1",
    "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1%lo", "fc00::1", "fec0::1", "5f00::1",
    "ff02::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::1",
    "2001:db8::1", "3fff::1", "100::1", "::7f00:1",
]  # fmt: skip


def answering(*addresses: str) -> Callable[..., list[Any]]:
    """A resolver that knows these addresses for every name."""

    def getaddrinfo(host: str, port: int, *_args: Any, **_options: Any) -> list[Any]:
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for family, address in zip(families, addresses, strict=True)
        ]

    return getaddrinfo


@pytest.mark.parametrize("host", [*LOOPBACK, *LOOPBACK_ELSEWHERE])
def test_loopback_is_refused_in_every_spelling_before_a_socket_is_opened(host: str) -> None:
    with serving(say(OK)) as server:
        with pytest.raises(http.AddressRefused) as raised:
            http.request("GET", f"http://{host}:{server.port}/")
        assert (raised.value.code, raised.value.sent, server.connections) == ("address_refused", False, 0)


@pytest.mark.parametrize("host", LOOPBACK)
def test_each_of_these_spellings_would_reach_loopback(host: str) -> None:
    with serving(say(OK)) as server:
        assert http.request("GET", f"http://{host}:{server.port}/", allow_private=True).text == "ok"


@pytest.mark.parametrize("address", INTERNAL)
def test_a_name_that_leads_inside_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering(address))
    with pytest.raises(http.AddressRefused):
        http.request("GET", f"https://{NAME}/")


@pytest.mark.parametrize("others", [(PUBLIC, "127.0.0.1"), ("127.0.0.1", PUBLIC)])
def test_one_private_address_among_public_ones_refuses_the_name(
    others: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(say(OK)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", answering(*others))
        with pytest.raises(http.AddressRefused):
            http.request("GET", f"http://{NAME}:{server.port}/")
        assert server.connections == 0


def test_the_name_is_resolved_once_and_the_checked_address_is_the_one_connected_to(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.1/32"]
    answers = [answering("127.0.0.1"), answering("127.0.0.2")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: answers.pop(0)(*args, **options))
    with serving(say(OK)) as server:
        answer = http.request("GET", f"http://{NAME}:{server.port}/")
        assert (answer.text, len(answers), server.connections) == ("ok", 1, 1)
        assert f"Host: {NAME}:{server.port}\r\n".encode() in server.requests[0]
        with pytest.raises(http.AddressRefused):
            http.request("GET", f"http://{NAME}:{server.port}/")
        assert server.connections == 1


def test_the_next_address_is_tried_when_the_first_does_not_answer(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.0/8"]
    monkeypatch.setattr(socket, "getaddrinfo", answering("127.0.0.9", "127.0.0.1"))
    with serving(say(OK)) as server:
        assert http.request("GET", f"http://{NAME}:{server.port}/").text == "ok"


def test_a_name_that_cannot_be_resolved_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(http.Unreachable) as raised:
        http.request("GET", f"https://{NAME}/")
    assert raised.value.sent is False


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://pms.example.com/", "httpx://pms.example.com/", "//pms.example.com/",
        "pms.example.com", "", "http://", "http:///path", "http://[", "http://pms.example.com:99999/", "http://.",
        f"http://{'a' * 70}.example.com/",
    ],
)  # fmt: skip
def test_what_is_not_a_plain_http_address_is_refused(url: str) -> None:
    with pytest.raises(http.AddressRefused) as raised:
        http.request("GET", url)
    assert raised.value.sent is False


@pytest.mark.parametrize(
    "form", ["http://pms.example.com@{}/", "http://u:p@{}/", "http://{}#@pms.example.com/"]
)
def test_user_information_and_fragments_do_not_hide_a_host(form: str) -> None:
    with serving(say(OK)) as server:
        with pytest.raises(http.AddressRefused):
            http.request("GET", form.format(f"127.0.0.1:{server.port}"))
        assert server.connections == 0


def test_user_information_is_refused_even_where_the_host_may_be_reached(settings: Any) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.1"]
    with serving(say(OK)) as server:
        with pytest.raises(http.AddressRefused):
            http.request("GET", f"http://someone:word@127.0.0.1:{server.port}/")
        assert server.connections == 0


@pytest.mark.parametrize("port", [22, 25, 110, 445, 3306, 5432, 6379, 11211, 27017])
def test_ports_of_other_protocols_are_refused_before_the_name_is_asked_for(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    with pytest.raises(http.AddressRefused):
        http.request("GET", f"http://{NAME}:{port}/", allow_private=True)


def test_a_port_that_the_setting_names_with_its_host_is_allowed(settings: Any) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.1:25"]
    with pytest.raises(http.HttpError) as raised:
        http.request("GET", "http://127.0.0.1:25/", deadline=2)
    assert type(raised.value) is not http.AddressRefused


@pytest.mark.parametrize(
    ("entry", "reached"),
    [
        ("127.0.0.1", True), ("127.0.0.0/8", True), ("127.0.0.1:{port}", True), ("127.0.0.1:1", False),
        ("10.0.0.0/8", False), ("::1", False), ("localhost", False), ("LOCALHOST:{port}", False),
    ],
)  # fmt: skip
def test_the_setting_lists_hosts_ports_and_networks(entry: str, reached: bool, settings: Any) -> None:
    with serving(say(OK)) as server:
        settings.ALLOW_PRIVATE_UPSTREAMS = [entry.format(port=server.port)]
        with suppress(http.AddressRefused):
            http.request("GET", server.url)
        assert server.connections == int(reached)


@pytest.mark.parametrize("wrapped", ["::ffff:127.0.0.1", "64:ff9b::7f00:1"])
def test_a_listed_network_counts_for_addresses_that_wrap_its_own(
    wrapped: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.0/8"]
    with serving(say(OK)) as server:
        closed = server.port
    monkeypatch.setattr(socket, "getaddrinfo", answering(wrapped))
    with pytest.raises(http.HttpError) as raised:
        http.request("GET", f"http://{NAME}:{closed}/", deadline=1)
    assert type(raised.value) is not http.AddressRefused


def test_a_host_is_listed_by_name_in_any_case(settings: Any) -> None:
    with serving(say(OK)) as server:
        settings.ALLOW_PRIVATE_UPSTREAMS = [f"LocalHost:{server.port}"]
        assert http.request("GET", f"http://localhost:{server.port}/").text == "ok"


def test_a_call_may_be_stricter_than_the_setting(settings: Any) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.1"]
    with serving(say(OK)) as server:
        with pytest.raises(http.AddressRefused):
            http.request("GET", server.url, allow_private=False)
        assert server.connections == 0


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for NAME that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - day, now + day
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "certificate.pem"
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.mark.parametrize(
    ("trusted", "host", "outcome"),
    [
        (True, NAME, "ok"),
        (False, NAME, "unreachable, sent: False"),
        (True, "other.example.com", "unreachable, sent: False"),
    ],
)
def test_tls_asks_for_the_name_and_trusts_only_its_certificate(
    trusted: bool, host: str, outcome: str, certificate: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = [host]
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    monkeypatch.setattr(socket, "getaddrinfo", answering("127.0.0.1"))
    if trusted:
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    with serving(say(OK), tls=context) as server:
        try:
            got = http.request("GET", f"https://{host}:{server.port}/").text
        except http.HttpError as error:
            got = f"{error.code}, sent: {error.sent}"
    assert (got, asked) == (outcome, [host])
