"""`/orders/export.csv`: the list that is shown, as a file."""

from collections.abc import Iterator

from flask import Response, stream_with_context, url_for

from app.core.access import allow
from app.core.auth import company
from app.core.present import reader_zone
from app.core.tenancy import acting_for
from app.core.web import done
from app.orders import exports
from app.orders.imports.views import bp
from app.orders.views.index import read_filter


@bp.get("/orders/export.csv")
@allow("orders:read")
def export_orders() -> Response:
    """The list as CSV: the same address, the same orders, the same order. More than 100,000 are written by a job."""
    wanted = read_filter()
    here, zone = company(), reader_zone()
    name = exports.file_name(here.slug)
    if exports.is_large(wanted):
        job_id = exports.queue_export(wanted, zone=zone, name=name)
        return done(
            url_for("jobs.show_job", job_id=job_id), toast="Export orders: started. The file will be on this page."
        )

    def chunks() -> Iterator[str]:
        with acting_for(here.id):
            for _, text in exports.csv_chunks(wanted, zone):
                yield text

    response = Response(stream_with_context(chunks()), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
