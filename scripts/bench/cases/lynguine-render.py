"""Milliseconds that lynguine's library takes for `render_liquid` on 10,000 rows with the template of the first argument."""

import sys
import time

import pandas as pd
from lynguine.assess.compute import Compute
from lynguine.assess.data import CustomDataFrame

rows = pd.DataFrame([{"given": f"Ann {i}", "family": "Lee", "n": i, "text": None} for i in range(10_000)])
frame = CustomDataFrame(rows, colspecs={"cache": list(rows.columns)})
compute = Compute(interface={})
entry = {
    "function": "render_liquid",
    "field": "text",
    "args": {"template": sys.argv[1]},
    "row_args": {"given": "given", "family": "family", "n": "n"},
}
prepared = compute.prep(entry, frame)
start = time.perf_counter()
for index in frame.index:
    frame.set_index(index)
    compute.run(frame, prepared)
print((time.perf_counter() - start) * 1000)
