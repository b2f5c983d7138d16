"""What schemathesis has to know beside the description."""

import schemathesis

TABLES = (
    "application/x-ndjson",
    "application/x-bibtex",
    "application/vnd.apache.parquet",
    "application/vnd.apache.arrow.stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/tab-separated-values",
    "text/markdown",
)


@schemathesis.serializer(*TABLES)
def as_it_is(_, value):
    """A table is text or bytes; anything else is a wrong one."""
    return value if isinstance(value, (bytes, str)) else repr(value)
