"""Settings of queues: the broker, and how many jobs of each queue run at once: `EMAIL_CONCURRENCY=10` and its sisters."""

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

Slots = Annotated[int, Field(ge=1, le=1000)]


class QueueSlots(BaseModel):
    """Jobs of one queue that run at once, over all workers; the console changes them without a restart.

    Mail and notifications wait for others, so many run beside each other; a report keeps a processor busy.
    """

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

    def slots_of(self, queue: str) -> int:
        """Return how many jobs of a queue run at once, as the environment says."""
        if queue == "ai-processing" and self.ai_concurrency:
            return self.ai_concurrency
        return int(getattr(self, queue.replace("-", "_") + "_concurrency"))
