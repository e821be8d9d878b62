import { pipeline } from "@tidemark/engine";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

/** The three directories of a bid's url. */
export default pipeline("q22", (p) => {
  p.source("bids", Bid, SOURCE)
    .map(({ auction, bidder, price, channel, url }) => {
      const [, , , dir1 = "", dir2 = "", dir3 = ""] = url.split("/");
      return { auction, bidder, price, channel, dir1, dir2, dir3 };
    })
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "append",
  sql: `
    SELECT auction, bidder, price, channel, split_part(url, '/', 4), split_part(url, '/', 5), split_part(url, '/', 6)
    FROM bids`,
};
