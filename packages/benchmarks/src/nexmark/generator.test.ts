import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { NexmarkGenerator, type NexmarkEvent } from "./generator.ts";

/** Sums of the first events as lines, from Beam's own generator. */
const SUMS: Readonly<Record<number, { readonly bytes: number; readonly sha256: string }>> = {
  100_000: { bytes: 11_836_978, sha256: "073b840fc1d5015c1b7cfea9d829057866e7faf0a3fd28ad39bdd2cd3a00ecbb" },
  1_000_000: { bytes: 120_766_738, sha256: "9a70690dff1879982213a67922b58a0be95c54cc579e872a8c1f5ad40b477b70" },
};

describe("the generator", () => {
  const generator = new NexmarkGenerator({ baseTime: 0 });

  test("makes the first events of Beam's", () => {
    assert.equal(
      line(generator.event(0)).slice(0, 62),
      "P|1000|Peter Jones|nhd@xcat.com|7241 7320 9143 4888|Portland|W",
    );
    assert.match(line(generator.event(1)), /^A\|1000\|.*\|28873\|29448\|0\|11\|1000\|13\|/);
    assert.match(line(generator.event(4)), /^B\|1000\|1001\|32530001\|0\|/);
  });

  test("makes Beam's bytes", () => {
    const events = process.env["NEXMARK_FULL"] === undefined ? 100_000 : 1_000_000;
    const hash = createHash("sha256");
    let bytes = 0;
    for (let index = 0; index < events; index++) {
      const text = `${line(generator.event(index))}\n`;
      bytes += text.length;
      hash.update(text, "latin1");
    }
    assert.deepEqual({ bytes, sha256: hash.digest("hex") }, SUMS[events]);
  });

  test("gives a channel one url, and nine of ten an id in it", () => {
    const urls = new Map<string, string>();
    for (let index = 0; index < 40_000; index++) {
      const event = generator.event(index);
      if (event.kind !== "bid") continue;
      const { channel, url } = event.record;
      assert.equal(urls.get(channel) ?? url, url);
      urls.set(channel, url);
    }
    const withId = [...urls.values()].filter((url) => url.includes("&channel_id=")).length;
    assert.ok(withId / urls.size > 0.88 && withId / urls.size < 0.92, `${withId} of ${urls.size}`);
  });

  test("shuffles within groups only", () => {
    const shuffled = new NexmarkGenerator({ baseTime: 0, groupSize: 1_000 });
    for (const first of [0, 7_000]) {
      const indexes = Array.from({ length: 1_000 }, (_, offset) => first + offset);
      const inOrder = indexes.map((index) => line(generator.event(index)));
      const outOfOrder = indexes.map((index) => line(shuffled.event(index)));
      assert.notDeepEqual(outOfOrder, inOrder);
      assert.deepEqual(outOfOrder.toSorted(), inOrder.toSorted());
    }
  });
});

/** An event as the line that the sums are of. */
function line({ kind, record: r }: NexmarkEvent): string {
  switch (kind) {
    case "person":
      return ["P", r.id, r.name, r.email, r.card, r.city, r.state, r.dateTime, r.extra].join("|");
    case "auction": {
      const times = [r.dateTime, r.expires, r.seller, r.category, r.extra];
      return ["A", r.id, r.name, r.description, r.initialBid, r.reserve, ...times].join("|");
    }
    case "bid":
      return ["B", r.auction, r.bidder, r.price, r.dateTime, r.extra].join("|");
  }
}
