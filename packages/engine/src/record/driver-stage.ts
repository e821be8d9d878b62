import { TidemarkError } from "../foundation/error.ts";
import { BatchBuilder } from "./batch-builder.ts";
import type { RecordBatch } from "./batch.ts";
import type { DriverStep, OnStepError } from "./driver-step.ts";
import { stageLoop, type StageLoop } from "./driver-loop.ts";
import { functionShape, type FunctionShape } from "./function-shape.ts";
import type { RecordLayout } from "./layout.ts";
import { MapStage } from "./map-stage.ts";
import { detach, isRecordView } from "./plain-value.ts";
import { openRows, type Rows } from "./record-view.ts";
import { ResultStage } from "./result-stage.ts";
import { recordOf, selectRows } from "./row-copy.ts";

interface StageOptions {
  readonly debug: boolean;
  readonly codeGeneration: boolean;
}

type CompiledStage = MapStage | ResultStage | { readonly rows: Rows; readonly loop: StageLoop };

/** A few steps in one loop. Each layout of its input has rows and a loop of its own. */
export class DriverStage {
  readonly #steps: readonly DriverStep[];
  /** Index of the first step in the driver. */
  readonly #from: number;
  readonly #options: StageOptions;
  readonly #isFilterOnly: boolean;
  /** What the source of a map at the end tells; it is of use where code can be generated, and debug mode looks at each result. */
  readonly #shape: FunctionShape | null;
  readonly #compiled = new Map<RecordLayout, CompiledStage>();
  readonly #builder: BatchBuilder;
  /** Set while `run` is under way. */
  #input: RecordBatch | null = null;
  #emit: ((batch: RecordBatch) => void) | null = null;

  constructor(steps: readonly DriverStep[], from: number, options: StageOptions) {
    this.#steps = steps;
    this.#from = from;
    this.#options = options;
    this.#isFilterOnly = steps.every((step) => step.kind === "filter");
    const last = steps.at(-1);
    this.#shape = options.codeGeneration && !options.debug && last?.kind === "map" ? functionShape(last.fn) : null;
    this.#builder = new BatchBuilder({
      layout: null,
      codeGeneration: options.codeGeneration,
      emit: (batch, tags) => this.#pass(batch, tags),
    });
  }

  run(batch: RecordBatch, emit: (batch: RecordBatch) => void, onError: OnStepError): void {
    const compiled = this.#compile(batch.layout);
    const fail = (error: unknown, row: number, step: number, entered: unknown): void => {
      onError(error, { batch, row, step: this.#from + step, record: copyOf(entered, batch, row) });
    };
    if ("run" in compiled) compiled.run(batch, emit, fail);
    else this.#runLoop(compiled, batch, emit, fail);
  }

  #runLoop(
    { rows, loop }: { readonly rows: Rows; readonly loop: StageLoop },
    batch: RecordBatch,
    emit: (batch: RecordBatch) => void,
    fail: Parameters<StageLoop>[4],
  ): void {
    const selected = new Int32Array(this.#isFilterOnly ? batch.length : 0);
    this.#input = batch;
    this.#emit = emit;
    rows.bind(batch);
    let count: number;
    try {
      count = loop(batch, rows, this.#builder, selected, fail);
      if (!this.#isFilterOnly) this.#builder.flush();
    } catch (error) {
      // The job stops here, or a step after this one threw: what is half built must not come out with a later batch.
      this.#builder.discard();
      throw error;
    } finally {
      rows.release();
      this.#input = null;
      this.#emit = null;
    }
    if (!this.#isFilterOnly || count === 0) return;
    emit(count === batch.length ? batch : selectRows(batch, selected, count));
  }

  #compile(layout: RecordLayout): CompiledStage {
    let compiled = this.#compiled.get(layout);
    if (compiled === undefined) {
      compiled = this.#open(layout);
      this.#compiled.set(layout, compiled);
    }
    return compiled;
  }

  #open(layout: RecordLayout): CompiledStage {
    const { codeGeneration, debug } = this.#options;
    if (codeGeneration && !debug && !this.#isFilterOnly) {
      const isMap = this.#steps.at(-1)?.kind === "map";
      return (isMap ? MapStage.open(this.#steps, layout, this.#shape) : null) ?? new ResultStage(this.#steps, layout);
    }
    const rows = openRows(layout, this.#options);
    return { rows, loop: stageLoop(this.#steps, rows, this.#options.codeGeneration) };
  }

  /** Gives built rows the place in the source of the rows they were made from. */
  #pass(built: RecordBatch, tags: Int32Array): void {
    const origin = this.#input?.origin ?? null;
    if (origin === null) return this.#emit?.(built);
    const offsets = new Float64Array(built.length);
    for (let i = 0; i < built.length; i++) offsets[i] = origin.offsets[tags[i] as number] as number;
    this.#emit?.({ ...built, origin: { ...origin, offsets } });
  }
}

/** What entered a step, as it may be kept. */
function copyOf(entered: unknown, batch: RecordBatch, row: number): unknown {
  // The row's own view. Its plain copy leaves absent fields out, which a spread would not.
  if (typeof entered === "object" && entered !== null && isRecordView(entered)) return recordOf(batch, row);
  try {
    return detach(entered);
  } catch (error) {
    // It holds a view kept from an earlier row; the error being reported is about that already.
    if (error instanceof TidemarkError && error.code === "TM_RECORD_STALE") return recordOf(batch, row);
    throw error;
  }
}
