import { pipeline, state } from "@tidemark/engine";
import { z } from "zod";
import { Auction, Person, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

const Seller = z.object({ name: z.string(), city: z.string(), state: z.string() });
const LOCAL = new Set(["OR", "ID", "CA"]);

/** One side of the join. */
type Side =
  | {
      readonly kind: "person";
      readonly seller: number;
      readonly name: string;
      readonly city: string;
      readonly state: string;
    }
  | { readonly kind: "auction"; readonly seller: number; readonly auction: number };

/** Local items: auctions of category 10 by people of three states. Either side may come first, and both are kept for ever. */
export default pipeline("q3", (p) => {
  const persons = p
    .source("persons", Person, SOURCE)
    .filter((person) => LOCAL.has(person.state))
    .map(({ id, name, city, state: home }): Side => ({ kind: "person", seller: id, name, city, state: home }));
  const auctions = p
    .source("auctions", Auction, SOURCE)
    .filter((auction) => auction.category === 10)
    .map(({ id, seller }): Side => ({ kind: "auction", seller, auction: id }));

  persons
    .merge(auctions)
    .keyBy((side) => side.seller)
    .process("join", {
      emits: Seller.extend({ auction: z.int32() }),
      state: { seller: state.value(Seller), waiting: state.list(z.int32()) },
      onRecord(side, c) {
        if (side.kind === "person") {
          const { name, city, state: home } = side;
          c.state.seller.set({ name, city, state: home });
          for (const auction of c.state.waiting.get()) c.emit({ name, city, state: home, auction });
          c.state.waiting.clear();
          return;
        }
        const seller = c.state.seller.get();
        if (seller === undefined) c.state.waiting.add(side.auction);
        else c.emit({ ...seller, auction: side.auction });
      },
    })
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "append",
  sql: `
    SELECT p.name, p.city, p.state, a.id FROM auctions a JOIN persons p ON a.seller = p.id
    WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')`,
};
