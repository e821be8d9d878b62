// A pipeline with a step that throws; PICKY_POLICY says what becomes of the record, as of one that does not decode.
import { pipeline, type ErrorPolicy } from "tidemark";
import { z } from "zod";

const policy = (process.env["PICKY_POLICY"] ?? "fail") as ErrorPolicy;
const Flight = z.object({ date: z.string(), delay: z.number(), origin: z.string() });

function refuseLate(delay: number): number {
  if (delay > 30) throw new RangeError(`a delay of ${delay} minutes is too much`);
  return delay;
}

export default pipeline(
  "picky",
  (p) => {
    p.source("flights", Flight, { onInvalid: policy })
      .map((flight) => ({ origin: flight.origin, delay: refuseLate(flight.delay) }))
      .to(p.sink("kept"));
  },
  { onError: policy },
);
