"""A mail server for tests: keeps what it gets as files in a folder, and behaves as the file `mode` there says.

    python3 smtp.py FOLDER [PORT]                  prints its port, then serves until it is killed
    python3 smtp.py FOLDER PORT tls|starttls FILE  the same with TLS (FILE has key and certificate), for desk:open-sesame alone
"""

import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class House:
    def __init__(self, folder):
        self.folder = folder
        self.count = len(list(folder.glob("*.eml")))

    def mode(self):
        file = self.folder / "mode"
        return file.read_text().strip() if file.exists() else "ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.mode() == "unknown":
            return f"550 5.1.1 <{address}>: nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        mode = self.mode()
        if mode == "slow":
            await asyncio.sleep(0.5)
        if mode == "later":
            return "451 4.7.1 come back later"
        if mode == "never":
            return "554 5.7.1 we do not want this"
        self.count += 1
        to = ",".join(envelope.rcpt_tos).encode()
        draft = self.folder / "draft"
        draft.write_bytes(b"X-To: " + to + b"\r\n" + envelope.content)
        draft.rename(self.folder / f"{self.count:04}.eml")
        if mode == "drop":
            server.transport.abort()
        if mode == "garbage":
            return "\x01\x02 what is this"
        return "250 2.0.0 kept"


def knows(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"desk", b"open-sesame")
    return AuthResult(success=right, handled=False)


async def main():
    folder = pathlib.Path(sys.argv[1])
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    house = House(folder)
    how = {}
    tls = None
    if len(sys.argv) > 3:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(sys.argv[4])
        how = {"auth_required": True, "authenticator": knows, "auth_require_tls": sys.argv[3] == "starttls"}
        if sys.argv[3] == "starttls":
            how |= {"tls_context": tls, "require_starttls": True}
            tls = None
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(house, hostname="mail.test", enable_SMTPUTF8=True, **how), "127.0.0.1", port, ssl=tls
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
