"""MiniStack on a free port of loopback, over TLS, with IAM enforced, ending with its parent.

The parent keeps standard input open; when that ends, so does this process with its whole group. The
first line on standard output is JSON: {"port": …, "certificate": "path of the PEM"}.

Usage: serve.py DIRECTORY, where certificate and key are written.
"""

import asyncio
import datetime
import ipaddress
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path


def listen() -> socket.socket:
    """A port taken before the emulator is loaded, for it reads its own address as it loads."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    return listener


def write_certificate(directory: Path) -> tuple[str, str]:
    """A certificate for loopback, valid for a day. Returns the paths of certificate and key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local AWS emulator")])
    hosts = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = directory / "emulator.crt", directory / "emulator.key"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(certificate_path), str(key_path)


def end_with_parent() -> None:
    """Ends the whole group, the functions' processes included, once standard input does."""

    def wait() -> None:
        # Not through sys.stdin: its lock would trouble the interpreter's own end.
        while os.read(0, 1024):
            pass
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def settle_environment(port: int, certificate: str, key: str) -> None:
    """What the emulator and its functions read as they start."""
    os.environ.update(
        GATEWAY_PORT=str(port),
        AUTH="true",
        USE_SSL="1",
        MINISTACK_SSL_CERT=certificate,
        MINISTACK_SSL_KEY=key,
        # The functions reach every service here, and trust the certificate.
        AWS_ENDPOINT_URL=f"https://127.0.0.1:{port}",
        NODE_EXTRA_CA_CERTS=certificate,
        # Root's key is the account's number; this is the secret that goes with each.
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        STATE_DIR=os.environ["TMPDIR"],
        # Services with listeners of their own, on all addresses.
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
    )


def main() -> None:
    listener = listen()
    port = listener.getsockname()[1]
    certificate, key = write_certificate(Path(sys.argv[1]))
    settle_environment(port, certificate, key)
    end_with_parent()

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    import supplements

    supplements.add()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.certfile, config.keyfile = certificate, key
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    print(json.dumps({"port": port, "certificate": certificate}), flush=True)
    asyncio.run(serve(app, config))


main()
