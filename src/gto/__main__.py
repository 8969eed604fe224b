"""`python -m gto` is the command `gto`; an interrupt or a lack of descriptors is told in one line."""

import os


def run() -> None:
    """Run the command; what ends it before it can say so itself is said here."""
    try:
        from gto.cli.main import run as run_command

        run_command()
    except KeyboardInterrupt:
        _end("interrupted", 130)
    except (ImportError, OSError, RuntimeError):  # RuntimeError: no thread can be started
        reason = _shortage()
        if reason is None:
            raise
        _end(f"{reason}\n   `ulimit -a` shows what this process may use", 1)


def _shortage() -> str | None:
    """Return what the system says where no more pipes can be opened: imports then fail for want of their files."""
    try:
        for handle in os.pipe():
            os.close(handle)
    except OSError as error:
        return error.strerror
    return None


def _end(text: str, code: int) -> None:
    os.write(2, f"{text}\n".encode())
    os._exit(code)


if __name__ == "__main__":
    run()
