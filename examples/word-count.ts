// How often each word was seen so far: the smallest pipeline with state.
//
//   tidemark run examples/word-count.ts --bind lines=jsonl:lines.jsonl
import { count, pipeline } from "tidemark";
import { z } from "zod";

export default pipeline("word-count", (p) => {
  p.source("lines", z.object({ text: z.string() }))
    .flatMap((line) => line.text.toLowerCase().match(/\p{L}+/gu) ?? [])
    .keyBy((word) => word)
    .aggregate("words", { n: count() })
    .to(p.sink("words"));
});
