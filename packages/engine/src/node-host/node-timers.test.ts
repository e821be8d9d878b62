import assert from "node:assert/strict";
import { readFile } from "node:fs";
import { test } from "node:test";
import { nodeTimers } from "./node-timers.ts";

test("one yield lets a due timer run, wherever it begins", async () => {
  const timers = nodeTimers();
  const yieldWithTimerDue = async (): Promise<boolean> => {
    let ran = false;
    timers.after(1, () => (ran = true));
    for (const until = performance.now() + 3; performance.now() < until;);
    await timers.yield();
    return ran;
  };
  assert.equal(await yieldWithTimerDue(), true, "from the script");
  const fromCallback = (enter: (callback: () => void) => void): Promise<boolean> =>
    new Promise((resolve) => enter(() => resolve(yieldWithTimerDue())));
  assert.equal(
    await fromCallback((callback) => readFile(import.meta.filename, callback)),
    true,
    "from an I/O callback",
  );
  assert.equal(await fromCallback((callback) => setImmediate(callback)), true, "from an immediate");
  assert.equal(await fromCallback((callback) => timers.after(1, callback)), true, "from a timer");
});
