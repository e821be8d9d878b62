import { assert } from "../foundation/assert.ts";
import type { Json } from "../foundation/json.ts";
import type { OperatorStates, SplitPosition } from "../checkpoint/manifest.ts";
import type { SegmentBlock } from "../checkpoint/checkpoint-store.ts";
import type { SinkWriter } from "../connector/sink-connector.ts";
import { MAX_WATERMARK } from "../time/watermark.ts";
import type { Chain, ChainLink } from "./chain.ts";
import type { Exchange } from "./exchange.ts";
import type { GateInput } from "./gate-input.ts";
import type { SelfTimes, StepMeter } from "./self-times.ts";
import type { SourceRunner } from "./source-runner.ts";
import { StateReading } from "./state-reading.ts";

/** A sink writer of a task takes no further input while it holds more than this. */
export const SINK_BACKLOG_BYTES_MAX: number = 8 * 1024 * 1024;

/** What a task hands over at a barrier; the writers' outputs are still on their way to the disk. */
export interface TaskSnapshot {
  readonly checkpoint: number;
  /** State of operators, by key group; of those in `whole` all there is, of the others what has changed since the snapshot before. */
  readonly blocks: readonly SegmentBlock[];
  readonly whole: readonly string[];
  readonly operators: readonly OperatorStates[];
  readonly splits: readonly SplitPosition[];
  readonly prepared: readonly { readonly port: string; readonly writer: string; readonly output: Promise<Json> }[];
  readonly watermark: number;
  /** Everything had fired: what came after the barrier says nothing about the checkpoint. */
  readonly ended: boolean;
}

/** A sink writer of a task with the names it goes by. */
export interface TaskWriter {
  readonly port: string;
  /** Unique among the port's writers. */
  readonly name: string;
  readonly writer: SinkWriter;
}

/** What a task is put together from. */
export interface TaskParts {
  readonly name: string;
  readonly subtask: number;
  readonly chain: Chain;
  readonly exchanges: readonly Exchange[];
  readonly writers: readonly TaskWriter[];
  readonly source: SourceRunner | null;
  readonly gates: readonly GateInput[];
  readonly onSnapshot: (snapshot: TaskSnapshot) => void;
  readonly times: SelfTimes;
}

/**
 * The running instance of a chain: takes elements from a source or from its gates, one at a time, and runs them through
 * the chain. Aligns barriers, snapshots, and stops taking input while anything downstream is full.
 */
export class Task {
  readonly name: string;
  readonly subtask: number;
  readonly chain: Chain;
  readonly source: SourceRunner | null;
  readonly gates: readonly GateInput[];
  readonly #parts: TaskParts;
  readonly #snapshotMeter: StepMeter;
  /** Operators that may put something off, the last of the chain first: so little waits before one that has put something off. */
  readonly #mayPutOff: readonly ChainLink[];
  /** Highest checkpoint whose barrier this task has passed on. */
  #checkpoint = 0;
  /** Barrier that some channels have delivered and others not yet. */
  #aligning = 0;
  /** A snapshot whose state is still being read. */
  #frozen: { readonly reading: StateReading; readonly snapshot: Omit<TaskSnapshot, "blocks" | "whole"> } | null = null;
  #started = false;
  #nextGate = 0;
  readonly #requestedBarriers: number[] = [];

  constructor(parts: TaskParts) {
    this.#parts = parts;
    this.#snapshotMeter = parts.times.meter(parts.name, "snapshot");
    this.#mayPutOff = parts.chain.links.filter(({ operator }) => operator.goOn !== undefined).reverse();
    this.name = parts.name;
    this.subtask = parts.subtask;
    this.chain = parts.chain;
    this.source = parts.source;
    this.gates = parts.gates;
  }

  /** Handles at most one element or source batch; false if there was nothing that could be done now. */
  step(): boolean {
    const isReading = this.#readOn();
    if (this.isBlocked) return isReading;
    // Before whatever comes next: what is put off is in no snapshot.
    if (this.#goOn()) return true;
    const hasStepped = this.source === null ? this.#stepGates() : this.#stepSource(this.source);
    return hasStepped || isReading;
  }

  /** Asks a source task to inject barrier `checkpoint` before its next record. */
  requestBarrier(checkpoint: number): void {
    assert(this.source !== null, () => `task ${this.name} has no source to inject a barrier into`);
    this.#requestedBarriers.push(checkpoint);
  }

  /** Everything has fired: the input has ended. */
  get ended(): boolean {
    return this.watermark === MAX_WATERMARK && this.#started;
  }

  /** The task's event time: the least of its inputs'. */
  get watermark(): number {
    if (this.source !== null) return this.source.watermark;
    return Math.min(...this.gates.map((gate) => gate.watermark));
  }

  onProcessingTime(now: number): void {
    for (const link of this.chain.links) {
      if ((link.operator.nextProcessingTime?.() ?? Infinity) > now) continue;
      const caller = this.#parts.times.enterAnyway(link.meter);
      link.operator.onProcessingTime?.(now);
      this.#parts.times.leave(caller);
    }
  }

  /**
   * When onProcessingTime is next wanted, epoch ms. Before the task has started nothing fires: the tasks behind are not ready. Nor
   * once its input has ended: the tasks behind have been told so.
   */
  nextProcessingTime(): number {
    let next = Infinity;
    if (!this.#started || this.ended) return next;
    for (const link of this.chain.links) next = Math.min(next, link.operator.nextProcessingTime?.() ?? Infinity);
    return next;
  }

  /** Waits until full sinks have drained; rejects with what broke one. */
  async sinksDrained(): Promise<void> {
    await Promise.all(this.#parts.writers.filter(isOverLimit).map(({ writer }) => writer.drained()));
  }

  /** Something downstream is full: the task takes no input, and no idleness of its splits can be told. */
  get isBlocked(): boolean {
    return this.#parts.exchanges.some((exchange) => exchange.isFull()) || this.isWaitingForSinks;
  }

  get isWaitingForSinks(): boolean {
    return this.#parts.writers.some(isOverLimit);
  }

  async close(): Promise<void> {
    await this.source?.close();
    for (const { writer } of this.#parts.writers) await writer.close();
  }

  /** Closes readers and writers without caring what becomes of what they hold. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.source?.close(), ...this.#parts.writers.map(({ writer }) => writer.close())]);
  }

  /** A part of what an operator has put off; false if none has. */
  #goOn(): boolean {
    for (const { operator, meter } of this.#mayPutOff) {
      if (operator.hasPutOff?.() !== true) continue;
      const caller = this.#parts.times.enterAnyway(meter);
      operator.goOn?.();
      this.#parts.times.leave(caller);
      return true;
    }
    return false;
  }

  #stepSource(source: SourceRunner): boolean {
    if (!this.#started) {
      source.start();
      this.#begin();
      return true;
    }
    const barrier = this.#requestedBarriers.shift();
    if (barrier !== undefined) {
      this.#snapshot(barrier);
      return true;
    }
    return source.step();
  }

  #stepGates(): boolean {
    const count = this.gates.length;
    for (let tried = 0; tried < count; tried++) {
      const index = (this.#nextGate + tried) % count;
      const gate = this.gates[index] as GateInput;
      // While a barrier aligns, an operator's wish to wait could wait for ever: its other input is blocked.
      if (this.#aligning === 0 && this.#started && !gate.isWanted()) continue;
      const channel = gate.nextReady(this.#started, this.#checkpoint);
      if (channel < 0) continue;
      this.#nextGate = (index + 1) % count;
      const caller = this.#parts.times.enterAnyway(this.chain.exchangeMeter);
      const barrier = gate.handle(channel, this.#started);
      this.#parts.times.leave(caller);
      if (barrier !== null) this.#align(barrier);
      else if (!this.#started && this.gates.every((each) => each.allStarted)) this.#begin();
      return true;
    }
    return false;
  }

  /** Every input has started: pass on where time stands, then say so. */
  #begin(): void {
    this.#started = true;
    for (const gate of this.gates) gate.begin();
    for (const exchange of this.#parts.exchanges) exchange.broadcast({ kind: "start" });
  }

  #align(barrier: number): void {
    assert(barrier > this.#checkpoint, () => `task ${this.name} got barrier ${barrier} after ${this.#checkpoint}`);
    this.#aligning = barrier;
    if (this.gates.every((gate) => gate.hasBarrier(barrier))) {
      this.#aligning = 0;
      this.#snapshot(barrier);
    }
  }

  /** Freezes state and passes the barrier on; reading and writing go on behind. */
  #snapshot(checkpoint: number): void {
    while (this.#readOn());
    const { times, writers, exchanges } = this.#parts;
    const caller = times.enterAnyway(this.#snapshotMeter);
    const reading = new StateReading(this.chain.links);
    const splits = this.source?.positions() ?? [];
    const prepared = writers.map(({ port, name, writer }) => {
      const output = writer.prepare(checkpoint);
      // Who gets the snapshot awaits it, once the state is read; until then a rejection must not count as unhandled.
      output.catch(() => undefined);
      return { port, writer: name, output };
    });
    for (const exchange of exchanges) exchange.broadcast({ kind: "barrier", checkpoint });
    this.#checkpoint = checkpoint;
    const snapshot = {
      checkpoint,
      operators: this.chain.links.flatMap(({ states }) => (states === null ? [] : [states])),
      splits,
      prepared,
      watermark: this.watermark,
      ended: this.ended,
    };
    this.#frozen = { reading, snapshot };
    times.leave(caller);
    this.#readOn();
  }

  /** Reads a slice of the state that a barrier froze, and hands over the whole; false if there is none. */
  #readOn(): boolean {
    const frozen = this.#frozen;
    if (frozen === null) return false;
    const { times, onSnapshot } = this.#parts;
    const caller = times.enterAnyway(this.#snapshotMeter);
    if (frozen.reading.advance()) {
      this.#frozen = null;
      onSnapshot({ ...frozen.snapshot, blocks: frozen.reading.blocks, whole: frozen.reading.whole });
    }
    times.leave(caller);
    return true;
  }
}

function isOverLimit({ writer }: TaskWriter): boolean {
  return writer.backlogBytes() > SINK_BACKLOG_BYTES_MAX;
}
