"""What can go wrong with backups."""

from app.core.errors import Problem


class NoBackupLogin(Problem, code="no-backup-login", status=409):
    """There is no login for backups. Set DATABASE_BACKUP_URL to one that may read everything; flask db bootstrap prints it."""


class NoBackup(Problem, code="no-backup", status=409):
    """There is no backup to restore. Make one first."""
