"""Settings of work done outside requests: the broker, how jobs are kept, and `EMAIL_CONCURRENCY=10` with its sisters."""

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

MANY_DAYS = 3650  # ten years: dates reckoned from more of them leave the calendar
Slots = Annotated[int, Field(ge=1, le=1000)]


class WorkSettings(BaseModel):
    """How jobs are kept and sent, and how many of each queue run at once over all workers.

    The console changes the numbers of slots without a restart. Mail and notifications wait for others, so many run
    beside each other; a report keeps a processor busy.
    """

    enable_job_queues: bool = True
    job_keep_days: int = Field(
        30, ge=1, le=MANY_DAYS, description="Daily partitions of jobs older than this are dropped."
    )
    file_keep_days: int = Field(
        30, ge=1, le=MANY_DAYS, description="Made files, mails in files and read notifications are kept so long."
    )
    job_lease_s: int = Field(
        45, ge=2, le=600, description="A running job whose worker was silent for so long is given to another one."
    )
    job_ring_s: int = Field(
        60,
        ge=1,
        le=3600,
        description="A message that no worker took is sent again after so long, then less and less often.",
    )
    broker_url: SecretStr | None = Field(None, description="amqp://… for RabbitMQ; none uses Redis as the broker.")
    email_concurrency: Slots = 10
    report_concurrency: Slots = 2
    ai_processing_concurrency: Slots = 3
    ai_concurrency: Slots | None = Field(None, description="The short name of the same.")
    export_concurrency: Slots = 5
    notification_concurrency: Slots = 20
    cleanup_concurrency: Slots = 1
    ocr_concurrency: Slots = 2
    sync_concurrency: Slots = 1
    analytics_concurrency: Slots = 2
    maintenance_concurrency: Slots = 1
    search_concurrency: Slots = 1
    cache_concurrency: Slots = 1
    backup_concurrency: Slots = 1
    files_concurrency: Slots = 2

    def slots_of(self, queue: str) -> int:
        """Return how many jobs of a queue run at once, as the environment says."""
        if queue == "ai-processing" and self.ai_concurrency:
            return self.ai_concurrency
        return int(getattr(self, queue.replace("-", "_") + "_concurrency"))
