// Word count on simulated machines: killed, without power, paused, restarted at another parallelism, a hundred times over.
//
//   node examples/simulate-word-count.ts
import { simulate } from "tidemark/testing";
import wordCount from "./word-count.ts";

const WORDS = ["tide", "mark", "stream", "state", "time"];

const { seeds, crashes, checkpoints } = await simulate(wordCount, {
  seeds: 100,
  inputs: {
    lines: (random) => Array.from({ length: 20 }, () => ({ text: `${pick(random)} ${pick(random)}` })),
  },
  invariants: {
    "known words": ({ words }) => {
      const inserted = new Set(words?.map((row) => (row as { key: string }).key));
      return inserted.size <= WORDS.length ? undefined : `${inserted.size} different words`;
    },
  },
});
console.log(`${seeds} seeds, ${crashes} crashes, ${checkpoints} checkpoints: the output is always the reference's`);

function pick(random: () => number): string {
  return WORDS[Math.floor(random() * WORDS.length)] ?? "";
}
