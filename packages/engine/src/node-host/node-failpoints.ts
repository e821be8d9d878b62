import { TidemarkError } from "../foundation/error.ts";
import { nearestName } from "../foundation/nearest-name.ts";
import { FAILPOINTS, type FailpointName } from "../host/host.ts";
import { processShared } from "./process-shared.ts";

/**
 * The failpoint function for a setting `name` or `name:nth` (from TIDEMARK_FAILPOINT): the nth time that any thread of the
 * process passes that place (default the first) the process kills itself with SIGKILL. Throws TM_CONFIG for a setting that
 * names no failpoint.
 */
export function nodeFailpoint(setting: string | undefined): (name: FailpointName) => void {
  if (setting === undefined || setting === "") return () => {};
  const armed = parseSetting(setting);
  const { failpointHits } = processShared();
  return (name) => {
    if (name === armed.name && Atomics.add(failpointHits, 0, 1) + 1 === armed.nth) dieHere();
  };
}

function parseSetting(setting: string): { name: FailpointName; nth: number } {
  const [name = "", nthText = "1", ...rest] = setting.split(":");
  const known = FAILPOINTS.find((failpoint) => failpoint === name);
  if (known === undefined) {
    const nearest = nearestName(name, FAILPOINTS);
    throw new TidemarkError(
      "TM_CONFIG",
      `TIDEMARK_FAILPOINT names no failpoint${nearest === undefined ? "" : `; did you mean ${nearest}?`}`,
      {
        facts: { given: name, known: FAILPOINTS.join(" ") },
      },
    );
  }
  const nth = Number(nthText);
  if (rest.length > 0 || !Number.isSafeInteger(nth) || nth < 1) {
    throw new TidemarkError("TM_CONFIG", "TIDEMARK_FAILPOINT is name or name:nth with nth a number from 1", {
      facts: { given: setting },
    });
  }
  return { name: known, nth };
}

function dieHere(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal may take a moment: nothing of this thread may run meanwhile.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
