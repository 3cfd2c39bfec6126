"""Why a host cannot be reached: its name, its port, or its certificate. Nothing of HTTP is sent from here."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from kandykit.transport import CONNECT_S


def trouble_with(url: str) -> tuple[str, str]:
    """What hinders a connection, and the remedy; two empty texts where nothing does."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return (
            f"the name {host} is not known to DNS",
            "correct the host in the URL, or connect to the network that knows it",
        )
    try:
        connection = socket.create_connection((host, port), timeout=CONNECT_S)
    except TimeoutError:
        return (
            f"{host}:{port} does not answer within {CONNECT_S:.0f} s",
            "see whether a firewall, a VPN or a proxy stands between, and whether the port is right",
        )
    except OSError as error:
        said = error.strerror or type(error).__name__
        return f"{host}:{port} takes no connection ({said.lower()})", "start the target, or correct the host and port"
    with connection:
        if parts.scheme != "https":
            return "", ""
        try:
            ssl.create_default_context().wrap_socket(connection, server_hostname=host).close()
        except ssl.SSLCertVerificationError as error:
            return (
                f"the certificate of {host} is not trusted: {error.verify_message}",
                "have its issuer's certificate installed, or name the file with it in SSL_CERT_FILE",
            )
        except (ssl.SSLError, OSError) as error:
            said = getattr(error, "reason", None) or type(error).__name__
            return (
                f"{host}:{port} speaks no TLS that is understood ({said})",
                "see whether the port is for https at all",
            )
    return "", ""
