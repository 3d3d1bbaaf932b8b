"""What the queues did and do, in figures: folded by the relay, read from sums, never counted over jobs.

Inside the installation they are everybody's, inside a company that company's own.
"""

from app.queues.figures.companies import CompanyFigures, company_figures
from app.queues.figures.failures import FailureFigures, failure_groups, find_group, mute
from app.queues.figures.queues import QueueFigures, queue_figures, unseen_minutes, waiting_history
from app.queues.figures.slo import Objective, objectives
from app.queues.figures.types import TypeFigures, type_figures
from app.queues.figures.verdict import verdict

__all__ = [
    "CompanyFigures",
    "FailureFigures",
    "Objective",
    "QueueFigures",
    "TypeFigures",
    "company_figures",
    "failure_groups",
    "find_group",
    "mute",
    "objectives",
    "queue_figures",
    "type_figures",
    "unseen_minutes",
    "verdict",
    "waiting_history",
]
