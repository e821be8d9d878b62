import { type Checksum, mixNumber, ROW_SEED } from "../nexmark/checksum.ts";
import { type BidColumns, mixTextOf } from "./bid-columns.ts";
import { IntTable } from "./int-table.ts";

/** A query as a loop over the same columns, with its tables in typed arrays: what the machine allows in JavaScript. */
export type HandWritten = (bids: BidColumns, out: Checksum) => void;

const DAY_MS = 86_400_000;
const SESSION_MS = 10_000;
const PANE_MS = 2_000;
const PANES = 5;
const DISORDER_MS = 4_000;

function passThrough(bids: BidColumns, out: Checksum, rate: number): void {
  for (let i = 0; i < bids.rows; i++) {
    let hash = mixNumber(ROW_SEED, bids.auction[i] as number);
    hash = mixNumber(hash, bids.bidder[i] as number);
    hash = mixNumber(hash, (bids.price[i] as number) * rate);
    hash = mixNumber(hash, bids.dateTime[i] as number);
    out.add(mixTextOf(hash, bids.extra, i));
  }
}

function q2(bids: BidColumns, out: Checksum): void {
  for (let i = 0; i < bids.rows; i++) {
    const auction = bids.auction[i] as number;
    if (auction % 123 === 0) out.add(mixNumber(mixNumber(ROW_SEED, auction), bids.price[i] as number));
  }
}

/** Counts of one pane, by auction. */
interface Pane {
  readonly table: IntTable;
  readonly counts: number[];
}

function q5(bids: BidColumns, out: Checksum): void {
  const panes = new Map<number, Pane>();
  let nextEnd = Infinity;
  let newest = -Infinity;
  let lastIndex = -1;
  let last: Pane | undefined;
  for (let i = 0; i < bids.rows; i++) {
    const time = bids.dateTime[i] as number;
    while (newest - DISORDER_MS - 1 >= nextEnd - 1) nextEnd = fireHop(panes, nextEnd, out);
    newest = Math.max(newest, time);
    const index = Math.floor(time / PANE_MS);
    if (index !== lastIndex) {
      last = panes.get(index);
      if (last === undefined) panes.set(index, (last = { table: new IntTable(), counts: [] }));
      lastIndex = index;
      nextEnd = Math.min(nextEnd, (index + 1) * PANE_MS);
    }
    const { table, counts } = last as Pane;
    const row = table.row(bids.auction[i] as number, 0);
    counts[row] = (counts[row] ?? 0) + 1;
  }
  while (panes.size > 0) nextEnd = fireHop(panes, nextEnd, out);
}

/** Gives the hottest auctions of the window that ends there and forgets its first pane; returns the next end. */
function fireHop(panes: Map<number, Pane>, end: number, out: Checksum): number {
  const first = end / PANE_MS - PANES;
  const totals = new IntTable();
  const counts: number[] = [];
  for (let index = first; index < first + PANES; index++) {
    const pane = panes.get(index);
    if (pane === undefined) continue;
    for (let row = 0; row < pane.table.rows; row++) {
      const total = totals.row(pane.table.first(row), 0);
      counts[total] = (counts[total] ?? 0) + (pane.counts[row] as number);
    }
  }
  const most = counts.reduce((highest, count) => Math.max(highest, count), 0);
  for (const [row, count] of counts.entries()) {
    if (count === most) out.add(mixNumber(mixNumber(ROW_SEED, totals.first(row)), count));
  }
  panes.delete(first);
  return end + PANE_MS;
}

function q11(bids: BidColumns, out: Checksum): void {
  const table = new IntTable();
  let starts = new Float64Array(1 << 10);
  let ends = new Float64Array(1 << 10);
  let counts = new Int32Array(1 << 10);
  const emit = (row: number): void => {
    let hash = mixNumber(ROW_SEED, table.first(row));
    hash = mixNumber(hash, starts[row] as number);
    hash = mixNumber(hash, ends[row] as number);
    // Its revision.
    hash = mixNumber(hash, 0);
    out.add(mixNumber(hash, counts[row] as number));
  };
  for (let i = 0; i < bids.rows; i++) {
    const time = bids.dateTime[i] as number;
    const row = table.row(bids.bidder[i] as number, 0);
    if (row >= counts.length) {
      starts = doubled(starts, (length) => new Float64Array(length));
      ends = doubled(ends, (length) => new Float64Array(length));
      counts = doubled(counts, (length) => new Int32Array(length));
    }
    if (counts[row] !== 0 && time > (ends[row] as number)) {
      emit(row);
      counts[row] = 0;
    }
    if (counts[row] === 0) starts[row] = time;
    counts[row] = (counts[row] as number) + 1;
    ends[row] = time + SESSION_MS;
  }
  for (let row = 0; row < table.rows; row++) emit(row);
}

const STATISTICS = 7;

function q17(bids: BidColumns, out: Checksum): void {
  const table = new IntTable();
  let cells = new Float64Array(STATISTICS << 10);
  const hashOf = (base: number, auction: number, day: number): number => {
    let hash = mixNumber(mixNumber(ROW_SEED, auction), day);
    for (let i = 0; i < STATISTICS; i++) hash = mixNumber(hash, cells[base + i] as number);
    return hash;
  };
  for (let i = 0; i < bids.rows; i++) {
    const auction = bids.auction[i] as number;
    const price = bids.price[i] as number;
    const day = Math.floor((bids.dateTime[i] as number) / DAY_MS);
    const known = table.rows;
    const row = table.row(auction, day);
    const base = row * STATISTICS;
    if (base + STATISTICS > cells.length) cells = doubled(cells, (length) => new Float64Array(length));
    if (row === known) {
      cells[base + 4] = Infinity;
      cells[base + 5] = -Infinity;
    } else out.retract(hashOf(base, auction, day));
    cells[base] = (cells[base] as number) + 1;
    const tier = base + (price < 10_000 ? 1 : price < 1_000_000 ? 2 : 3);
    cells[tier] = (cells[tier] as number) + 1;
    cells[base + 4] = Math.min(cells[base + 4] as number, price);
    cells[base + 5] = Math.max(cells[base + 5] as number, price);
    cells[base + 6] = (cells[base + 6] as number) + price;
    out.add(hashOf(base, auction, day));
  }
}

function q18(bids: BidColumns, out: Checksum): void {
  const table = new IntTable();
  let newest = new Int32Array(1 << 10);
  const hashOf = (i: number): number => {
    let hash = mixNumber(ROW_SEED, bids.auction[i] as number);
    hash = mixNumber(hash, bids.bidder[i] as number);
    hash = mixNumber(hash, bids.price[i] as number);
    hash = mixTextOf(hash, bids.channel, i);
    hash = mixTextOf(hash, bids.url, i);
    hash = mixNumber(hash, bids.dateTime[i] as number);
    return mixTextOf(hash, bids.extra, i);
  };
  for (let i = 0; i < bids.rows; i++) {
    const known = table.rows;
    const row = table.row(bids.bidder[i] as number, bids.auction[i] as number);
    if (row >= newest.length) newest = doubled(newest, (length) => new Int32Array(length));
    const before = newest[row] as number;
    if (row !== known) {
      out.retract(hashOf(before));
      if ((bids.dateTime[i] as number) < (bids.dateTime[before] as number)) {
        out.add(hashOf(before));
        continue;
      }
    }
    newest[row] = i;
    out.add(hashOf(i));
  }
}

function doubled<A extends Float64Array | Int32Array>(array: A, make: (length: number) => A): A {
  const larger = make(array.length * 2);
  larger.set(array);
  return larger;
}

export const HAND_WRITTEN: Readonly<Record<string, HandWritten>> = {
  q0: (bids, out) => passThrough(bids, out, 1),
  q1: (bids, out) => passThrough(bids, out, 908),
  q2,
  q5,
  q11,
  q17,
  q18,
};
