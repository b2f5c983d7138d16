#!/bin/sh
# Plain HTTP: anything that speaks it can ask hearth. Callers by TCP reach only the folders that somebody named, so start
# a server for this one first:
#
#   cd examples
#   hearth start
#
# and run `sh read.sh`. HEARTH_URL is another server's address.
set -eu
url=${HEARTH_URL:-http://127.0.0.1:8765}

# The table as JSON: records, columns, shape, dtypes.
curl -sS --fail-with-body "$url/api/read_data" --json '{"data_source": {"type": "csv", "filename": "cities.csv"}}'
echo

# The same as CSV, for the next program in a pipe.
curl -sS --fail-with-body "$url/api/read_data?format=csv" \
  --json '{"data_source": {"type": "csv", "filename": "cities.csv"}}' | head -n 3

# SQL over it; the table is called `data`.
curl -sS --fail-with-body "$url/api/compute" --json '{
  "operation": "sql",
  "data_source": {"type": "csv", "filename": "cities.csv"},
  "params": {"query": "select country, count(*)::int as cities from data group by all order by 2 desc, 1 limit 3"}
}'
echo
