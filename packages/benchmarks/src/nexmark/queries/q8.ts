import { pipeline, state } from "@tidemark/engine";
import { z } from "zod";
import { Auction, Person, SOURCE, tenSecondsOf } from "../model.ts";
import type { Answer } from "../query.ts";

const WINDOW_MS = 10_000;

/** One side of the join, by person. */
type Side =
  | { readonly kind: "person"; readonly id: number; readonly name: string; readonly begin: number }
  | { readonly kind: "auction"; readonly id: number; readonly begin: number };

/** New users: people who opened an auction within the ten-second window in which they came. State lives as long as its window. */
export default pipeline("q8", (p) => {
  const persons = p
    .source("persons", Person, SOURCE)
    .map(({ id, name, dateTime }): Side => ({ kind: "person", id, name, begin: tenSecondsOf(dateTime) }));
  const auctions = p
    .source("auctions", Auction, SOURCE)
    .map(({ seller, dateTime }): Side => ({ kind: "auction", id: seller, begin: tenSecondsOf(dateTime) }));

  persons
    .merge(auctions)
    .keyBy((side): [number, number] => [side.id, side.begin])
    .process("join", {
      emits: z.object({ id: z.int32(), name: z.string(), begin: z.number() }),
      state: { name: state.value(z.string()), hasAuction: state.value(z.boolean()) },
      timers: ["close"],
      onRecord(side, c) {
        const [id, begin] = c.key;
        const name = c.state.name.get();
        const hasAuction = c.state.hasAuction.get() === true;
        c.timer("close").at(begin + WINDOW_MS - 1);
        if (side.kind === "person") {
          if (name === undefined && hasAuction) c.emit({ id, name: side.name, begin });
          c.state.name.set(side.name);
        } else {
          if (!hasAuction && name !== undefined) c.emit({ id, name, begin });
          c.state.hasAuction.set(true);
        }
      },
      onTimer: {
        close(c) {
          c.state.name.clear();
          c.state.hasAuction.clear();
        },
      },
    })
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "append",
  sql: `
    SELECT p.id, p.name, p.begin FROM
      (SELECT DISTINCT id, name, dateTime::BIGINT // 10000 * 10000 AS begin FROM persons) p
      JOIN (SELECT DISTINCT seller, dateTime::BIGINT // 10000 * 10000 AS begin FROM auctions) a
      ON p.id = a.seller AND p.begin = a.begin`,
};
