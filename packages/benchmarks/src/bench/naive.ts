import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type Checksum, mixValue, ROW_SEED } from "../nexmark/checksum.ts";
import { dayOf, type Bid } from "../nexmark/model.ts";

/** A query as one would write it without an engine: an object per line, a Map per state. `end` gives what is still open. */
export interface Naive {
  onBid(bid: Bid): void;
  end(): void;
}

type Emit = (row: object) => void;
type Retract = (row: object) => void;

const HOP_MS = 2_000;
const WINDOW_MS = 10_000;
const DISORDER_MS = 4_000;

/** Reads JSON Lines and feeds them to a query; resolves to the number of lines. */
export async function runNaive(name: string, path: string, out: Checksum): Promise<number> {
  const make = NAIVE[name];
  if (make === undefined) throw new Error(`there is no naive program of ${name}`);
  const query = make(
    (row) => out.add(mixValue(ROW_SEED, row)),
    (row) => out.retract(mixValue(ROW_SEED, row)),
  );
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    query.onBid(JSON.parse(line) as Bid);
    lines++;
  }
  query.end();
  return lines;
}

function stateless(onBid: (bid: Bid) => void): Naive {
  return { onBid, end: () => undefined };
}

function hotItems(emit: Emit): Naive {
  const windows = new Map<number, Map<number, number>>();
  let newest = -Infinity;
  const fire = (watermark: number): void => {
    for (const [begin, counts] of windows) {
      if (begin + WINDOW_MS - 1 > watermark) continue;
      const most = Math.max(...counts.values());
      for (const [auction, n] of counts) if (n === most) emit({ auction, n });
      windows.delete(begin);
    }
  };
  return {
    onBid({ auction, dateTime }) {
      if (dateTime > newest) {
        newest = dateTime;
        fire(newest - DISORDER_MS - 1);
      }
      const lastBegin = dateTime - (dateTime % HOP_MS);
      for (let begin = lastBegin; begin > lastBegin - WINDOW_MS; begin -= HOP_MS) {
        let counts = windows.get(begin);
        if (counts === undefined) windows.set(begin, (counts = new Map()));
        counts.set(auction, (counts.get(auction) ?? 0) + 1);
      }
    },
    end: () => fire(Infinity),
  };
}

function sessions(emit: Emit): Naive {
  const open = new Map<number, { key: number; window: { start: number; end: number }; revision: number; n: number }>();
  return {
    onBid({ bidder, dateTime }) {
      let session = open.get(bidder);
      if (session !== undefined && dateTime > session.window.end) {
        emit(session);
        session = undefined;
      }
      const end = dateTime + WINDOW_MS;
      if (session === undefined) open.set(bidder, { key: bidder, window: { start: dateTime, end }, revision: 0, n: 1 });
      else {
        session.window.end = end;
        session.n++;
      }
    },
    end() {
      for (const session of open.values()) emit(session);
    },
  };
}

function statistics(emit: Emit, retract: Retract): Naive {
  const rows = new Map<string, ReturnType<typeof fresh>>();
  const fresh = (auction: number, day: number) => ({
    key: [auction, day],
    ...{ total: 0, total1: 0, total2: 0, total3: 0, min: Infinity, max: -Infinity, sum: 0 },
  });
  return stateless(({ auction, dateTime, price }) => {
    const key = `${auction}|${dayOf(dateTime)}`;
    let row = rows.get(key);
    if (row === undefined) rows.set(key, (row = fresh(auction, dayOf(dateTime))));
    else retract(row);
    row.total++;
    if (price < 10_000) row.total1++;
    else if (price < 1_000_000) row.total2++;
    else row.total3++;
    row.min = Math.min(row.min, price);
    row.max = Math.max(row.max, price);
    row.sum += price;
    emit(row);
  });
}

function lastBids(emit: Emit, retract: Retract): Naive {
  const last = new Map<string, Bid>();
  return stateless((bid) => {
    const key = `${bid.bidder}|${bid.auction}`;
    const before = last.get(key);
    if (before !== undefined) retract(before);
    const newest = before === undefined || bid.dateTime >= before.dateTime ? bid : before;
    last.set(key, newest);
    emit(newest);
  });
}

/** The queries that have a naive program. */
export const NAIVE: Readonly<Record<string, (emit: Emit, retract: Retract) => Naive>> = {
  q0: (emit) =>
    stateless(({ auction, bidder, price, dateTime, extra }) => emit({ auction, bidder, price, dateTime, extra })),
  q1: (emit) =>
    stateless(({ auction, bidder, price, dateTime, extra }) =>
      emit({ auction, bidder, price: price * 908, dateTime, extra }),
    ),
  q2: (emit) =>
    stateless(({ auction, price }) => {
      if (auction % 123 === 0) emit({ auction, price });
    }),
  q5: hotItems,
  q11: sessions,
  q17: statistics,
  q18: lastBids,
};
