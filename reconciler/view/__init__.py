"""What may be said of a plan or a report: masked values, verdict, last words and exit code. Pure."""
