// A pipeline that never comes back from its first record, so that no last checkpoint can be taken.
import { writeSync } from "node:fs";
import { pipeline } from "tidemark";
import { z } from "zod";

export default pipeline("stuck", (p) => {
  p.source("flights", z.object({ origin: z.string() }))
    .map((flight) => {
      writeSync(2, "stuck\n");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return flight;
    })
    .to(p.sink("out"));
});
