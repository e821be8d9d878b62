import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "@tidemark/engine";
import { Checksum } from "../nexmark/checksum.ts";
import { columnSource } from "../nexmark/column-source.ts";
import { openDataset, type Table, type TableColumn } from "../nexmark/dataset.ts";
import { checksumSink } from "../nexmark/output-sink.ts";
import { atMost, type Bar } from "./bars.ts";
import { inProcess } from "./measure-process.ts";
import { median } from "./median.ts";
import { columnName, SHAPE_COLUMNS, shapedPipeline, SHAPES, type Shape } from "./pipeline-shapes.ts";
import { StallWatch, type Stalls } from "./stall-watch.ts";

/** One measurement, in a process of its own: some pipelines of a shape run at the same time, each over all bids. */
export interface PipelinesTask {
  readonly bench: "pipelines";
  readonly shape: Shape;
  readonly pipelines: number;
  /** Events of the data set, of all kinds; each pipeline reads all of them. */
  readonly events: number;
}

export interface PipelinesMeasurement extends PipelinesTask, Stalls {
  readonly records: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakRssMb: number;
  readonly outputRows: number;
}

/** A line of the results: medians over the rounds. */
export interface PipelinesRow extends PipelinesMeasurement {
  readonly nsPerRecord: number;
  /** CPU time a record, as a multiple of what it is with one pipeline. */
  readonly ofOne: number;
}

export interface PipelinesOptions {
  readonly events: number;
  readonly rounds: number;
}

const COUNTS = [1, 2, 20];
const TIMES_ONE_MAX = 1.5;

export async function benchPipelines(
  { events, rounds }: PipelinesOptions,
  onProgress: (progress: { done: number; total: number; what: string }) => void,
): Promise<readonly PipelinesRow[]> {
  openDataset({ events, groupSize: 1 });
  const tasks = SHAPES.flatMap((shape) =>
    COUNTS.map((pipelines): PipelinesTask => ({ bench: "pipelines", shape, pipelines, events })),
  );
  const runs = new Map<PipelinesTask, PipelinesMeasurement[]>(tasks.map((task) => [task, []]));
  for (let round = 0, done = 0; round < rounds; round++) {
    for (const task of tasks) {
      onProgress({ done: done++, total: tasks.length * rounds, what: `${task.shape} × ${task.pipelines}` });
      runs.get(task)?.push(await inProcess<PipelinesMeasurement>(task));
    }
  }
  const rows = tasks.map((task) => summary(runs.get(task) ?? []));
  return rows.map((row) => {
    const one = rows.find(({ shape, pipelines }) => shape === row.shape && pipelines === 1);
    return { ...row, ofOne: one === undefined ? 1 : row.nsPerRecord / one.nsPerRecord };
  });
}

export function pipelinesBars(rows: readonly PipelinesRow[]): Bar[] {
  return rows
    .filter(({ pipelines }) => pipelines > 1)
    .map(({ shape, pipelines, ofOne }) =>
      atMost("times one pipeline's cost a record", `${shape} × ${pipelines}`, ofOne, TIMES_ONE_MAX),
    );
}

/** Runs one task in this process. */
export async function measurePipelines(task: PipelinesTask): Promise<PipelinesMeasurement> {
  const bids = openDataset({ events: task.events, groupSize: 1 }).table("bids");
  const checksum = new Checksum();
  const jobs = await Promise.all(
    Array.from({ length: task.pipelines }, async (_, index) => ({
      pipeline: await shapedPipeline(task.shape, index),
      bind: { bids: columnSource(renamed(bids, index)), result: checksumSink(checksum) },
      stateDirectory: mkdtempSync(join(tmpdir(), `pipelines-${index}-`)),
    })),
  );
  const stalls = new StallWatch();
  stalls.start();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  try {
    const results = await Promise.all(
      jobs.map(
        async ({ pipeline, ...options }) => (await start(pipeline, { ...options, checkpoint: { every: "1s" } })).result,
      ),
    );
    const wallMs = performance.now() - begun;
    const { user, system } = process.cpuUsage(cpu);
    return {
      ...task,
      ...stalls.stop(),
      records: results.reduce((sum, { records }) => sum + records, 0),
      cpuMs: (user + system) / 1_000,
      wallMs,
      peakRssMb: process.resourceUsage().maxRSS / 1_024,
      outputRows: checksum.rows,
    };
  } finally {
    for (const { stateDirectory } of jobs) rmSync(stateDirectory, { recursive: true, force: true });
  }
}

/** The columns of a table under the names that pipeline `index` has for them. */
function renamed({ rows, columns }: Table, index: number): Table {
  const columnOf = (name: string): TableColumn => {
    const column = columns[name];
    if (column === undefined) throw new Error(`the bids have no column ${name}`);
    return column;
  };
  return {
    rows,
    columns: Object.fromEntries(SHAPE_COLUMNS.map((name) => [columnName(name, index), columnOf(name)])),
  };
}

function summary(runs: readonly PipelinesMeasurement[]): PipelinesRow {
  const [first] = runs;
  if (first === undefined) throw new Error("nothing was measured");
  const of = (pick: (run: PipelinesMeasurement) => number): number => median(runs.map(pick));
  const cpuMs = of((run) => run.cpuMs);
  return {
    ...first,
    cpuMs,
    wallMs: of((run) => run.wallMs),
    peakRssMb: of((run) => run.peakRssMb),
    stallMs: of((run) => run.stallMs),
    stallP99Ms: of((run) => run.stallP99Ms),
    nsPerRecord: (cpuMs * 1e6) / first.records,
    ofOne: 1,
  };
}
