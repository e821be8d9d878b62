import { integerKeys } from "../../engine/src/record/integer-keys.ts";
import { layoutOf } from "../../engine/src/record/layout.ts";
import { memoryBackend } from "../../engine/src/state/memory-backend.ts";
import { WindowOperator } from "../../engine/src/operator/window-operator.ts";
import { SessionOperator } from "../../engine/src/operator/session-operator.ts";
import { countAggregate } from "../../engine/src/operator/aggregates/count.ts";
const [, , kind, keysText, atOnce] = process.argv;
const keys = Number(keysText);
const layout = layoutOf([{ name: "k", kind: "float64", nullable: false, optional: false }] as any);
let out = 0;
const output = {
  borrows: true,
  batch: (b: any) => {
    out += b.length;
  },
  watermark() {},
  idle() {},
};
const backend = memoryBackend();
const context: any = {
  name: "x",
  clock: { now: () => 0, monotonicMs: () => 0 },
  output,
  sideOutput: () => null,
  keyedState: (o: any) => backend.openKeyedState({ ...o, operator: "x", keyGroupBits: 8 }),
  userError: (e: any) => {
    throw e;
  },
  debug: false,
  count() {},
  ...(atOnce ? { keysAtOnce: Number(atOnce) } : {}),
};
const op: any =
  kind === "session"
    ? new SessionOperator(context, { gapMs: 10, aggregates: { n: countAggregate() } as any, allowedLatenessMs: 0 })
    : new WindowOperator(context, {
        window:
          kind === "hopping"
            ? { kind: "hopping", sizeMs: 500, slideMs: 100, offsetMs: 0 }
            : { kind: "tumbling", sizeMs: 500, offsetMs: 0 },
        aggregates: { n: countAggregate() } as any,
        allowedLatenessMs: 0,
      });
function batch(from: number, time: number, mark: number) {
  const v = Float64Array.from({ length: 1000 }, (_, i) => from + i);
  return {
    layout,
    length: 1000,
    columns: [{ kind: "float64", presence: null, values: v }],
    timestamps: new Float64Array(1000).fill(time),
    watermarks: new Float64Array(1000).fill(mark),
    rowKinds: null,
    keys: integerKeys(v),
    origin: null,
  };
}
for (let round = 0; round < 3; round++) {
  const base = round * 10000;
  out = 0;
  for (let from = 0; from < keys; from += 1000)
    op.onBatch(0, batch(from, base + (kind === "hopping" ? ((from / 1000) % 5) * 100 : 5), base - 1));
  const big: string[] = [];
  let max = 0,
    parts = 0,
    total = 0;
  const timed = (f: () => void) => {
    const c = () => {
      const u = (process as any).threadCpuUsage();
      return (u.user + u.system) / 1000;
    };
    const t = c();
    f();
    const d = c() - t;
    if (d > 12 && atOnce) big.push(parts + ":" + d.toFixed(0));
    total += d;
    parts++;
    if (d > max) max = d;
  };
  timed(() => op.onWatermark(0, base + 599));
  while (op.hasPutOff?.()) timed(() => op.goOn());
  timed(() => op.onWatermark(0, base + 9000));
  while (op.hasPutOff?.()) timed(() => op.goOn());
  let sweeps = 0;
  for (let i = 0; i < 400; i++) timed(() => op.onWatermark(0, base + 9000 + i / 1000));
  console.log(
    kind,
    keys,
    atOnce ?? "all",
    "max ms",
    max.toFixed(1),
    "total ms",
    total.toFixed(0),
    "calls",
    parts,
    "rows",
    out,
    big.slice(0, 6).join(" "),
  );
}
