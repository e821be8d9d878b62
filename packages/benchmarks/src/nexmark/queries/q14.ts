import { pipeline } from "@tidemark/engine";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

/** Calculation: bids of a middle price in euros, with the part of the day (UTC) and the number of letters c in their text. */
export default pipeline("q14", (p) => {
  p.source("bids", Bid, SOURCE)
    .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price: price * 908, dateTime, extra }))
    .filter((bid) => bid.price > 1_000_000_000 && bid.price < 50_000_000_000)
    .map(({ auction, bidder, price, dateTime, extra }) => {
      const partOfDay = partOfDayAt(new Date(dateTime).getUTCHours());
      return { auction, bidder, price, partOfDay, dateTime, extra, letters: extra.split("c").length - 1 };
    })
    .to(p.sink("result"));
});

function partOfDayAt(hour: number): string {
  if (hour >= 8 && hour <= 18) return "dayTime";
  return hour <= 6 || hour >= 20 ? "nightTime" : "otherTime";
}

export const answer: Answer = {
  kind: "append",
  sql: `
    SELECT auction, bidder, euros,
      CASE WHEN hour BETWEEN 8 AND 18 THEN 'dayTime' WHEN hour <= 6 OR hour >= 20 THEN 'nightTime' ELSE 'otherTime' END,
      dateTime, extra, length(extra) - length(replace(extra, 'c', ''))
    FROM (SELECT *, price::BIGINT * 908 AS euros, dateTime::BIGINT // 3600000 % 24 AS hour FROM bids)
    WHERE euros > 1000000000 AND euros < 50000000000`,
};
