"""Runs MiniStack on a free port of loopback, over TLS, with IAM enforced. Ends with its parent.

The parent keeps standard input open. When it closes, this process ends with its whole group. The first
line on standard output is JSON: {"port": …, "certificate": "path of the PEM"}.

Usage: serve.py DIRECTORY, the folder for certificate and key.
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
    """Binds a port. Call it before loading the emulator, which reads its own address while loading."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    return listener


def write_certificate(directory: Path) -> tuple[str, str]:
    """Writes a certificate for loopback, valid for a day. Returns the paths of certificate and key."""
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
    """Ends the whole group, including the functions' processes, when standard input closes."""

    def wait() -> None:
        # os.read instead of sys.stdin, whose lock would block the interpreter's own end.
        while os.read(0, 1024):
            pass
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def set_environment(port: int, certificate: str, key: str) -> None:
    """Sets the environment that the emulator and its functions read at their start."""
    os.environ.update(
        GATEWAY_PORT=str(port),
        AUTH="true",
        USE_SSL="1",
        MINISTACK_SSL_CERT=certificate,
        MINISTACK_SSL_KEY=key,
        # The endpoint of all services for the functions, which must trust the certificate.
        AWS_ENDPOINT_URL=f"https://127.0.0.1:{port}",
        NODE_EXTRA_CA_CERTS=certificate,
        # Root's access key is the account id. This is the secret of every account.
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        STATE_DIR=os.environ["TMPDIR"],
        # These services would open their own listeners, on all addresses.
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
    )


def main() -> None:
    listener = listen()
    port = listener.getsockname()[1]
    certificate, key = write_certificate(Path(sys.argv[1]))
    set_environment(port, certificate, key)
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
