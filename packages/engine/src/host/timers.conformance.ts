import { expectEqual } from "./conformance-case.ts";
import type { HostCase } from "./host-under-test.ts";

/** What every clock, timer and source of randomness must do. */
export function timerCases(): readonly HostCase[] {
  return [
    {
      name: "timers: neither clock runs backwards, and both pass",
      async run({ host: { clock }, pass }) {
        const before = [clock.now(), clock.monotonicMs()] as const;
        await pass(20);
        expectEqual(clock.now() > before[0], true, "the wall clock passes");
        expectEqual(clock.monotonicMs() > before[1], true, "the monotonic clock passes");
        expectEqual(Number.isInteger(clock.now()), true, "the wall clock is whole milliseconds");
      },
    },
    {
      name: "timers: one runs once, in order of its delay, never within the call",
      async run({ host: { timers }, pass }) {
        const ran: string[] = [];
        timers.after(40, () => ran.push("late"));
        timers.after(5, () => ran.push("early"));
        timers.after(0, () => ran.push("at once"));
        expectEqual(ran, [], "nothing runs within the call");
        await pass(60);
        await pass(60);
        expectEqual(ran, ["at once", "early", "late"], "order");
      },
    },
    {
      name: "timers: a cancelled one never runs; cancelling again or too late is fine",
      async run({ host: { timers }, pass }) {
        const ran: string[] = [];
        const cancel = timers.after(5, () => ran.push("cancelled"));
        const cancelLate = timers.after(5, () => ran.push("ran"));
        cancel();
        cancel();
        await pass(30);
        cancelLate();
        expectEqual(ran, ["ran"], "what ran");
      },
    },
    {
      name: "timers: a delay beyond what a platform timer holds does not fire at once",
      async run({ host: { timers }, pass }) {
        const ran: string[] = [];
        const cancels = [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY].map((delayMs) =>
          timers.after(delayMs, () => ran.push(String(delayMs))),
        );
        await pass(20);
        for (const cancel of cancels) cancel();
        expectEqual(ran, [], "what ran");
      },
    },
    {
      name: "timers: yield gives way to what is ready",
      async run({ host: { timers, threads } }) {
        const [left, right] = threads.channel().map((port) => port.open());
        let delivered = false;
        right?.onMessage(() => (delivered = true));
        left?.post("message");
        for (let turns = 0; turns < 1_000 && !delivered; turns++) await timers.yield();
        left?.close();
        expectEqual(delivered, true, "a loop that only yields lets messages in");
      },
    },
    {
      name: "timers: sleep resolves once its time has passed",
      async run({ host: { timers }, pass }) {
        let awake = false;
        const sleeping = timers.sleep(10).then(() => (awake = true));
        expectEqual(awake, false, "not within the call");
        await pass(30);
        await sleeping;
      },
    },
    {
      name: "random: numbers lie in [0, 1), ids are 32 hex digits and differ",
      async run({ host: { random } }) {
        const numbers = Array.from({ length: 1_000 }, () => random.next());
        expectEqual(
          numbers.every((x) => x >= 0 && x < 1),
          true,
          "range",
        );
        expectEqual(new Set(numbers).size > 990, true, "numbers differ");
        const ids = Array.from({ length: 1_000 }, () => random.id());
        expectEqual(
          ids.every((id) => /^[0-9a-f]{32}$/.test(id)),
          true,
          "form of an id",
        );
        expectEqual(new Set(ids).size, ids.length, "ids differ");
      },
    },
  ];
}
