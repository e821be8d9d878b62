import type { RecordBatch } from "./batch.ts";
import { canGenerateCode } from "./code-generation.ts";
import { DriverStage } from "./driver-stage.ts";
import type { DriverStep, OnStepError } from "./driver-step.ts";

/**
 * Runs stateless steps over batches. What comes out carries the timestamps, watermarks, row kinds and origin of what went in, in its
 * order; keys survive filters only. A step that throws undoes the record that entered it: nothing of that one goes further.
 */
export interface Driver {
  /** Emits zero or more batches, all before it returns. The driver keeps nothing between two runs but what it learned of layouts. */
  run(batch: RecordBatch, emit: (batch: RecordBatch) => void, onError: OnStepError): void;
}

export interface DriverOptions {
  /** Retained record views throw after the row, nested values are frozen. */
  readonly debug: boolean;
  /** False: interpreted, as where the process forbids code from strings. For tests. */
  readonly codeGeneration?: boolean;
}

/** V8 inlines up to about four functions into one loop; with eight, records escape to the heap and it is 20 times slower. */
const STEPS_PER_STAGE = 4;

/** A driver for these steps, one after another. */
export function compileDriver(steps: readonly DriverStep[], options: DriverOptions): Driver {
  const codeGeneration = options.codeGeneration ?? canGenerateCode();
  const stages = stagesOf(steps).map(
    ({ from, part }) => new DriverStage(part, from, { debug: options.debug, codeGeneration }),
  );
  return {
    run(batch, emit, onError) {
      if (batch.length === 0) return;
      const runFrom = (index: number, input: RecordBatch): void => {
        const stage = stages[index];
        if (stage === undefined) emit(input);
        else stage.run(input, (output) => runFrom(index + 1, output), onError);
      };
      runFrom(0, batch);
    },
  };
}

/**
 * Cuts a run of steps into stages with columns between them. A flatMap ends its stage: so a stage makes at most one record for the
 * next step out of each row, and what a failing step undoes never depends on where the cuts are.
 */
function stagesOf(steps: readonly DriverStep[]): { from: number; part: readonly DriverStep[] }[] {
  const stages: { from: number; part: DriverStep[] }[] = [];
  let open: DriverStep[] | null = null;
  for (const [index, step] of steps.entries()) {
    if (open === null) {
      open = [];
      stages.push({ from: index, part: open });
    }
    open.push(step);
    if (step.kind === "flatMap" || open.length === STEPS_PER_STAGE) open = null;
  }
  return stages;
}
