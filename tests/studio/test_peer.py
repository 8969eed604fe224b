from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gto.studio.peer import is_own, owner_of
from tests.studio.test_process import address, started

if TYPE_CHECKING:
    from tests.repo import Repo

ASK = """
import socket, sys
family, host, port = sys.argv[1:]
with socket.socket(int(family)) as made:
    made.connect((host, int(port)))
    made.sendall(f"GET /models HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\nConnection: close\\r\\n\\r\\n".encode())
    print(made.recv(1 << 16).split()[1].decode())
"""
ENDS = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.skipif(not os.path.exists("/proc/self/net/tcp"), reason="needs Linux")
def test_another_user_of_the_machine_is_refused_whatever_they_send(registry: Repo) -> None:
    with started(registry.path, "--port", "0") as process:
        port = address(process).partition("/models")[0].rpartition(":")[2]
        for family, host in ENDS:
            for user, status in ((65534, "403"), (0, "401")):
                words = ["/usr/bin/env", "python3", "-I", "-c", ASK, str(int(family)), host, port]
                done = subprocess.run(words, user=user, cwd="/", capture_output=True, text=True, check=False)
                assert done.stdout.strip() == status, done.stderr


@pytest.mark.skipif(not os.path.exists("/proc/self/net/tcp"), reason="needs Linux")
def test_a_process_of_this_user_is_known_on_either_family() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for family, host in ENDS:
            with socket.socket(family) as client:
                client.connect((host, listener.getsockname()[1]))
                with listener.accept()[0] as taken:
                    assert is_own(taken.getpeername(), taken.getsockname())


def test_the_owner_is_that_of_the_clients_end() -> None:
    def end(port: int) -> str:
        return f"{int.from_bytes(bytes((127, 0, 0, 1)), sys.byteorder):08X}:{port:04X}"

    table = ["  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"]
    for number, (local, remote, user) in enumerate(((8765, 5000, 7), (5001, 8765, 8), (5000, 8765, 9))):
        table.append(f"{number}: {end(local)} {end(remote)} 01 0:0 00:0 00000000 {user} 0 12345 1 0 20 4 30 10 -1")
    client, server = ("127.0.0.1", 5000), ("127.0.0.1", 8765)
    assert owner_of(table, client, server) == 9
    assert owner_of(table[:3], client, server) is None
