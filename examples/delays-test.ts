import { testRun } from "tidemark/testing";
import delays from "./delays.ts";

const t = await testRun(delays);
await t.send("flights", { date: "2001-01-01T08:10:00Z", delay: 5, origin: "SFO", destination: "LAX" });
await t.checkpoint();
await t.crash(); // everything not durable is gone
await t.send("flights", { date: "2001-01-01T08:40:00Z", delay: 35, origin: "SFO", destination: "SEA" });
await t.end();
console.log(t.sinks["hourly"]); // one row: SFO, 08:00 to 09:00, n = 2
