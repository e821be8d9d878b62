import type { Host } from "../host/host.ts";
import { keyColumnOf } from "../record/key-codec.ts";
import type { Key } from "../record/key-column.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { SlotField, Slots } from "../state/slot-state.ts";
import type { KeyedState, KeyGroupPayload } from "../state/state-backend.ts";
import { PLAIN_CODEC } from "../state/state-codec.ts";
import { FORMAT_VERSION, type Manifest } from "./manifest.ts";
import { writeSegment } from "./segment-writer.ts";

/**
 * A small checkpoint in which everything of the format occurs. The golden files of each format version are one of these, and
 * damage is tried out on it; so its content may grow, but not change.
 */
export const REFERENCE_KEY_GROUP_BITS = 3;
const OPERATOR = "reference-é";
const KEYS: readonly Key[] = ["", "airport", "\uD800", -0, 2 ** 60, 7n, Number.NaN, ["a", 1, true]];

const FIELDS: readonly SlotField[] = [
  { name: "count", kind: "number", initial: 0, codec: null },
  { name: "seen", kind: "value", initial: 0, codec: PLAIN_CODEC },
  { name: "least", kind: "number", initial: Number.POSITIVE_INFINITY, codec: null },
];

/** An empty state of the reference operator. */
export function openReferenceState(): KeyedState {
  const values = (["value", "list", "map", "panes"] as const).map((kind) => ({
    name: kind,
    kind,
    codec: PLAIN_CODEC,
  }));
  const slots = (["slots", "paneSlots"] as const).map((kind) => ({ name: kind, kind, fields: FIELDS }));
  const states = [...values, ...slots];
  // What changed is written alone whenever it can be, though there is little of anything.
  const snapshots = { wholeBelowKeys: 0, changedShareMax: 1, changesBytesMax: 10 };
  return memoryBackend({ snapshots }).openKeyedState({
    operator: OPERATOR,
    keyGroupBits: REFERENCE_KEY_GROUP_BITS,
    timers: ["first", "second"],
    states,
  });
}

/** A state that holds something of every kind; `checkpoint` is in each value, so that one checkpoint's state is not another's. */
export function referenceState(checkpoint: number): KeyedState {
  const state = openReferenceState();
  const rows = new Int32Array(KEYS.length);
  state.keys.resolve(keyColumnOf(KEYS), KEYS.length, rows);
  for (const [i, row] of rows.entries()) {
    state
      .value("value")
      .set(row, [checkpoint, "text", 1.5, i, "\uDFFF", null, false, 2n ** 70n, { nested: [undefined, -0] }][i]);
    if (i % 2 === 0) for (const element of [i, -0, { n: i }]) state.list("list").add(row, element);
    // A payload that is worth compressing; the others are stored as they are.
    if (i === 4) state.list("list").add(row, "long ".repeat(400));
    if (i % 3 === 0) for (const name of ["z", "1", "\uD83D"]) state.map("map").set(row, name, name.length);
    if (i % 2 === 1) for (const pane of [-3_600_000, 1.7e12]) state.panes("panes").set(row, pane, [i, Number.NaN]);
    if (i % 3 !== 2) writeSlot(state.slots("slots"), state.slots("slots").claim(row), checkpoint, i);
    for (const pane of i % 3 === 0 ? [] : [-3_600_000, 0.5, 1.7e12])
      writeSlot(state.paneSlots("paneSlots"), state.paneSlots("paneSlots").claim(row, pane), checkpoint, i);
    if (i % 3 === 1) state.timers.set(row, i % 2, i === 4 ? Number.POSITIVE_INFINITY : 1.7e12 + i);
  }
  return state;
}

function writeSlot(slots: Slots, at: number, checkpoint: number, i: number): void {
  slots.words[at] = checkpoint + i / 8;
  if (i % 2 === 0) slots.setValue(at, 1, [checkpoint, { text: "\u{1F600}", i }]);
  else slots.words[at + 2] = -i;
}

function readSlot(slots: Slots, at: number): unknown {
  return at < 0 ? null : [slots.words[at], slots.value(at, 1), slots.words[at + 2]];
}

/** Everything that a reference state holds, in an order of its own: equal states give equal contents. */
export function referenceContents(state: KeyedState): unknown {
  const rows = new Int32Array(KEYS.length);
  state.keys.resolve(keyColumnOf(KEYS), KEYS.length, rows);
  const panes = state.panes("panes");
  const slots = state.slots("slots");
  const paneSlots = state.paneSlots("paneSlots");
  return Array.from(rows, (row, i) => ({
    key: i,
    value: state.value("value").get(row),
    list: state.list("list").get(row),
    map: state.map("map").entries(row),
    panes: panes.panes().map((pane) => [pane, panes.get(row, pane)]),
    slot: readSlot(slots, slots.find(row)),
    paneSlots: paneSlots.panes().map((pane) => [pane, readSlot(paneSlots, paneSlots.find(row, pane))]),
    timers: [state.timers.get(row, 0), state.timers.get(row, 1)],
  }));
}

/** Changes a reference state: one key is gone, one has changed, one lost a part, one comes back with nothing but what is new. */
export function changeReference(state: KeyedState): void {
  const rows = new Int32Array(4);
  state.keys.resolve(keyColumnOf(KEYS.slice(0, 4)), 4, rows);
  const [gone, changed, less, back] = rows as unknown as [number, number, number, number];
  for (const row of [gone, back]) clearRow(state, row);
  state.releaseEmptyRows();
  state.value("value").set(changed, "changed");
  state.map("map").clear(less);
  state.list("list").clear(less);
  state.keys.resolve(keyColumnOf(KEYS.slice(3, 4)), 1, rows);
  state.timers.set(rows[0] as number, 1, 5);
}

function clearRow(state: KeyedState, row: number): void {
  state.value("value").clear(row);
  state.list("list").clear(row);
  state.map("map").clear(row);
  state.slots("slots").clear(row);
  for (const pane of state.panes("panes").panes()) state.panes("panes").delete(row, pane);
  for (const pane of state.paneSlots("paneSlots").panes()) state.paneSlots("paneSlots").delete(row, pane);
  for (const timer of [0, 1]) state.timers.clear(row, timer);
}

/**
 * Writes the segments of two reference checkpoints, the second of what changed since the first, and gives their manifests. The state is
 * that of {@link referenceState} and {@link changeReference}.
 */
export async function writeReferenceSeries(
  host: Host,
  options: { directory: string; job: string; epoch: number },
): Promise<readonly [Manifest, Manifest]> {
  const { directory, epoch } = options;
  const first = await writeReferenceSegments(host, { ...options, checkpoint: 1 });
  const state = referenceState(1);
  const payloads = (): readonly KeyGroupPayload[] => {
    const reading = state.freezeNext();
    while (!reading.advance(1_000));
    return reading.payloads();
  };
  payloads();
  changeReference(state);
  const blocks = payloads().map((payload) => ({ operator: OPERATOR, ...payload }));
  const task = "reference-0";
  const changes = await writeSegment(host, { directory, checkpoint: 2, epoch, task, blocks, compress: true });
  return [first, { ...first, checkpoint: 2, createdAt: first.createdAt + 1, segments: [...first.segments, changes] }];
}

/** Writes the segments of a reference checkpoint, two tasks, and gives the manifest to complete it with. */
export async function writeReferenceSegments(
  host: Host,
  options: { directory: string; job: string; checkpoint: number; epoch: number },
): Promise<Manifest> {
  const { directory, job, checkpoint, epoch } = options;
  const payloads = referenceState(checkpoint).snapshot();
  const segments = [];
  for (const subtask of [0, 1]) {
    const half = payloads.filter(({ keyGroup }) => keyGroup >> (REFERENCE_KEY_GROUP_BITS - 1) === subtask);
    const blocks = half.map((payload) => ({ operator: OPERATOR, ...payload }));
    segments.push(
      await writeSegment(host, { directory, checkpoint, epoch, task: `reference-${subtask}`, blocks, compress: true }),
    );
  }
  const states = (["value", "list", "map", "panes", "slots", "paneSlots"] as const).map((kind) => ({
    name: kind,
    kind,
    schemaHash: kind === "slots" || kind === "paneSlots" ? "slots" : "plain",
    jsonSchema: null,
  }));
  return {
    format: FORMAT_VERSION,
    job,
    checkpoint,
    epoch,
    createdAt: 1_700_000_000_000 + checkpoint,
    reason: "interval",
    graphFingerprint: "0123456789abcdef",
    keyGroupBits: REFERENCE_KEY_GROUP_BITS,
    parallelism: 2,
    sources: [
      { port: "input", split: "a.jsonl", position: { offset: 42 }, maxTimestamp: 1.7e12, ended: false, records: 3 },
      { port: "input", split: "ü.jsonl", position: null, maxTimestamp: null, ended: true, records: 0 },
    ],
    operators: [{ operator: OPERATOR, kind: "process", timers: ["first", "second"], states }],
    segments,
    sinks: [
      {
        port: "output",
        description: "jsonl:out",
        plan: { length: 10 },
        prepared: [{ writer: "reference-0", output: ["part", 1] }],
      },
    ],
    watermarks: { "reference-0": -1.5, "reference-1": "max", "input-0": null },
    statistics: { records: 3 },
    finished: false,
  };
}
