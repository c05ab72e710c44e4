"""One Encore a library: a second start raises the first one's window."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QStandardPaths, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from encore_agent.data_folder import LET_WRITE, make_root
from encore_agent.errors import UnusableLibrary

ANSWER_MS = 2000


class SingleInstance(QObject):
    """Holds the lock of a library while it lives, and hears of later starts."""

    raise_requested = Signal()
    """Encore was started again."""

    def __init__(self, root: Path, parent: QObject | None = None) -> None:
        """The instance over the library at `root`; nothing is held before `acquire`.

        Raises:
            UnusableLibrary: The folder cannot be made.
        """
        super().__init__(parent)
        make_root(root)
        self._root = root
        self._lock = QLockFile(str(root / "window.lock"))
        # A lock whose process is gone is stale at once; one whose process lives is never.
        self._lock.setStaleLockTime(0)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        self._name = _socket_name(root)

    def acquire(self) -> bool:
        """Take the lock. False: another Encore holds it.

        Raises:
            UnusableLibrary: There can be no lock, since the folder cannot be written to.
        """
        if not self._lock.tryLock(0):
            if self._lock.error() is not QLockFile.LockError.LockFailedError:
                raise UnusableLibrary(self._root, "no lock can be made in it", LET_WRITE)
            return False
        # A socket left behind by a crash; whoever holds the lock owns the name.
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        return True

    def raise_other(self) -> bool:
        """Ask the Encore that holds the lock to show its window. False: it does not answer."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(ANSWER_MS):
            return False
        socket.disconnectFromServer()
        return True

    def close(self) -> None:
        """Let go of the lock. Idempotent."""
        self._server.close()
        self._lock.unlock()

    def _on_connection(self) -> None:
        connection = self._server.nextPendingConnection()
        connection.disconnected.connect(connection.deleteLater)
        self.raise_requested.emit()


def _socket_name(root: Path) -> str:
    """In the user's runtime folder, so nobody else can take it; short, since a socket's path is limited."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.RuntimeLocation)
    digest = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
    return str(Path(folder) / f"encore-{digest}")
