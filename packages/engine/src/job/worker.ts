import type { OperatorStates } from "../checkpoint/manifest.ts";
import { readSegment } from "../checkpoint/segment-reader.ts";
import { writeSegment } from "../checkpoint/segment-writer.ts";
import { assert } from "../foundation/assert.ts";
import { ownerOf } from "../state/key-group.ts";
import type { KeyedState } from "../state/state-backend.ts";
import { ChannelHub } from "../task/channel-hub.ts";
import { SelfTimes } from "../task/self-times.ts";
import type { Task, TaskSnapshot } from "../task/task.ts";
import { WorkerLoop } from "../task/worker-loop.ts";
import { checkOperatorStates } from "./restore-plan.ts";
import { openTask } from "./open-task.ts";
import { SegmentSeries } from "./segment-series.ts";
import { taskFacts } from "./task-facts.ts";
import type { WorkerOptions } from "./worker-options.ts";
import type { Acknowledgement, WorkerCommand } from "./worker-protocol.ts";

/** Runs its subtasks of every task: opens and restores them, then obeys the coordinator. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #tasks: Task[] = [];
  readonly #hub: ChannelHub;
  readonly #times: SelfTimes;
  #loop: WorkerLoop | null = null;
  #reportedEnd = false;
  #isAbandoned = false;
  /** Snapshots are written one after the other, so that acknowledgements come in order. */
  readonly #writing = new Map<Task, Promise<void>>();
  readonly #series = new Map<Task, SegmentSeries>();

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#times = new SelfTimes(options.host.clock);
    this.#hub = new ChannelHub(options.start.subtasks, options.links, () => this.#loop?.wake());
  }

  /** Opens tasks, restores their state, and reports "ready" or "failed". */
  async open(): Promise<void> {
    try {
      const { graph, start } = this.#options;
      for (const plan of graph.tasks) {
        for (const subtask of start.subtasks) {
          const parts = { hub: this.#hub, times: this.#times };
          const task = await openTask(plan, subtask, this.#options, parts, (from, snapshot) =>
            this.#onSnapshot(from, snapshot),
          );
          this.#tasks.push(task);
          // Abandoned meanwhile: this one was not among those that were let go of.
          if (this.#isAbandoned) return await task.abandon();
        }
      }
      await this.#restore();
      this.#hub.open();
      this.#options.report({ kind: "ready" });
    } catch (error) {
      this.#options.report({ kind: "failed", error });
    }
  }

  command(command: WorkerCommand): void {
    switch (command.kind) {
      case "go":
        void this.#run();
        return;
      case "barrier":
        for (const task of this.#tasks) if (task.source !== null) task.requestBarrier(command.checkpoint);
        this.#loop?.wake();
        return;
      case "facts":
        this.#options.report({ kind: "facts", facts: this.#tasks.map(taskFacts), times: this.#times.times() });
        return;
      case "stop":
        this.#loop?.stop();
        return;
    }
  }

  /** Lets go of everything without another word or write, as a crash would. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    this.#loop?.stop();
    await Promise.all(this.#tasks.map((task) => task.abandon()));
    this.#hub.close();
  }

  /** Runs to the end and reports how it went; never rejects. */
  async #run(): Promise<void> {
    const { host, report } = this.#options;
    this.#loop = new WorkerLoop(host, this.#tasks, {
      times: this.#times,
      onPause: () => {
        this.#reportEnd();
      },
    });
    try {
      await this.#loop.run();
      if (this.#isAbandoned) return;
      await Promise.all(this.#writing.values());
      for (const task of this.#tasks) await task.close();
      this.#hub.close();
      report({ kind: "stopped", times: this.#times.times() });
    } catch (error) {
      report({ kind: "failed", error });
    }
  }

  #reportEnd(): void {
    if (this.#reportedEnd || !this.#tasks.every((task) => task.ended)) return;
    this.#reportedEnd = true;
    this.#options.report({ kind: "ended" });
  }

  #onSnapshot(task: Task, snapshot: TaskSnapshot): void {
    const before = this.#writing.get(task) ?? Promise.resolve();
    const outputs = snapshot.prepared.map(({ output }) => output);
    // The outputs are awaited below, behind the earlier snapshot; until then a rejection must not count as unhandled.
    for (const output of outputs) output.catch(() => undefined);
    const written = before
      .then(() => this.#acknowledge(task, snapshot))
      .catch((error: unknown) => {
        this.#options.report({ kind: "failed", error });
      });
    this.#writing.set(task, written);
  }

  /** Makes a snapshot durable, then tells the coordinator. */
  async #acknowledge(task: Task, snapshot: TaskSnapshot): Promise<void> {
    const { host, start } = this.#options;
    const segment =
      snapshot.blocks.length === 0
        ? null
        : await writeSegment(host, {
            directory: start.stateDirectory,
            checkpoint: snapshot.checkpoint,
            epoch: start.epoch,
            task: `${task.name}-${task.subtask}`,
            blocks: snapshot.blocks,
            compress: start.compress,
          });
    const series = this.#series.get(task) ?? new SegmentSeries();
    this.#series.set(task, series);
    const segments = series.add(segment, snapshot.whole);
    const prepared: Acknowledgement["prepared"][number][] = [];
    for (const { port, writer, output } of snapshot.prepared) {
      const durable = await output;
      if (durable !== null) prepared.push({ port, writer, output: durable });
    }
    const { checkpoint, operators, splits, watermark, ended } = snapshot;
    const acknowledgement = {
      checkpoint,
      task: task.name,
      subtask: task.subtask,
      segments,
      operators,
      splits,
      prepared,
      watermark,
      ended,
    };
    this.#options.report({ kind: "acknowledge", acknowledgement });
  }

  async #restore(): Promise<void> {
    const { host, start } = this.#options;
    if (start.restore === null) return;
    this.#checkStates(start.restore.operators, start.restore.checkpoint);
    const states = this.#statesByOperator();
    const owner = (keyGroup: number): number => ownerOf(keyGroup, start.parallelism, start.keyGroupBits);
    for (const descriptor of start.restore.segments) {
      await readSegment(
        host,
        {
          directory: start.stateDirectory,
          descriptor,
          wanted: ({ operator, keyGroup }) =>
            !descriptor.superseded.includes(operator) && start.subtasks.includes(owner(keyGroup)),
        },
        (block) => {
          const state = states.get(block.operator)?.get(owner(block.keyGroup));
          assert(state !== undefined, () => `checkpoint holds state of unknown operator ${block.operator}`);
          state.restore(block.payload);
        },
      );
      host.failpoint("restore.half-loaded");
    }
  }

  #checkStates(saved: readonly OperatorStates[], checkpoint: number): void {
    for (const task of this.#tasks) {
      for (const { states } of task.chain.links) {
        const before = saved.find(({ operator }) => operator === states?.operator);
        if (before !== undefined && states !== null) checkOperatorStates(before, states, checkpoint);
      }
    }
  }

  #statesByOperator(): Map<string, Map<number, KeyedState>> {
    const states = new Map<string, Map<number, KeyedState>>();
    for (const task of this.#tasks) {
      for (const link of task.chain.links) {
        if (link.state === null) continue;
        const bySubtask = states.get(link.name) ?? new Map<number, KeyedState>();
        states.set(link.name, bySubtask.set(task.subtask, link.state));
      }
    }
    return states;
  }
}
