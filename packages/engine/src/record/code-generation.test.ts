import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { generate } from "./code-generation.ts";

test("no two generated functions have the same source", () => {
  assert.notEqual(generate(["a"], "return a;").toString(), generate(["a"], "return a;").toString());
});

test("where code from strings is forbidden, drivers and views work without", () => {
  const script = `
    import { BatchBuilder } from ${JSON.stringify(new URL("./batch-builder.ts", import.meta.url).href)};
    import { compileDriver } from ${JSON.stringify(new URL("./driver.ts", import.meta.url).href)};
    import { recordOf } from ${JSON.stringify(new URL("./row-copy.ts", import.meta.url).href)};
    const driver = compileDriver([{ kind: "map", fn: (r) => ({ ...r, b: r.a + 1 }) }], { debug: false });
    const builder = new BatchBuilder({
      layout: null,
      emit: (batch) => driver.run(batch, (out) => console.log(JSON.stringify(recordOf(out, 0))), (error) => { throw error; }),
    });
    builder.append({ a: 1 }, { timestamp: 0, watermark: 0 });
    builder.flush();`;
  const child = spawnSync(
    process.execPath,
    ["--disallow-code-generation-from-strings", "--input-type=module-typescript", "--eval", script],
    { encoding: "utf8" },
  );
  assert.equal(child.stdout, '{"a":1,"b":2}\n', child.stderr);
});
