"""Reports of a period as CSV, XLSX and PDF: sales, inventory, money; made by a job, kept for a while."""
