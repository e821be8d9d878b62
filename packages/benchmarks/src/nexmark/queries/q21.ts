import { pipeline } from "@tidemark/engine";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

const CHANNEL_IDS: Readonly<Record<string, string>> = { apple: "0", google: "1", facebook: "2", baidu: "3" };
const IN_URL = /(?:&|^)channel_id=([^&]*)/;

/** Adds the channel's id: known for four, else from the url; without those that have none. */
export default pipeline("q21", (p) => {
  p.source("bids", Bid, SOURCE)
    .map(({ auction, bidder, price, channel, url }) => {
      const channelId = CHANNEL_IDS[channel.toLowerCase()] ?? IN_URL.exec(url)?.[1] ?? "";
      return { auction, bidder, price, channel, channelId };
    })
    .filter((bid) => bid.channelId !== "")
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "append",
  sql: `
    SELECT auction, bidder, price, channel, id FROM (
      SELECT *, CASE lower(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2' WHEN 'baidu' THEN '3'
        ELSE regexp_extract(url, '(&|^)channel_id=([^&]*)', 2) END AS id
      FROM bids
    ) WHERE id <> ''`,
};
