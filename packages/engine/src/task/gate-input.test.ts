import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LocalChannel } from "./channel.ts";
import { GateInput } from "./gate-input.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { StreamElement } from "./stream-element.ts";

const watermark = (time: number): StreamElement => ({ kind: "watermark", watermark: time });
const barrier = (checkpoint: number): StreamElement => ({ kind: "barrier", checkpoint });
const START: StreamElement = { kind: "start" };

/** A gate of two channels that notes what the chain is told. */
function gate(): {
  told: (number | boolean)[];
  channels: [LocalChannel, LocalChannel];
  run: (started: boolean, checkpoint: number) => (number | null)[];
} {
  const told: (number | boolean)[] = [];
  const channels: [LocalChannel, LocalChannel] = [new LocalChannel(), new LocalChannel()];
  const output = {
    batch: () => undefined,
    watermark: (time: number) => told.push(time),
    idle: (idle: boolean) => told.push(idle),
  };
  const input = new GateInput({ name: "gate", readers: channels, output, isWanted: () => true, floor: NO_WATERMARK });
  const run = (started: boolean, checkpoint: number): (number | null)[] => {
    const barriers: (number | null)[] = [];
    for (
      let channel = input.nextReady(started, checkpoint);
      channel >= 0;
      channel = input.nextReady(started, checkpoint)
    ) {
      barriers.push(input.handle(channel, started));
    }
    if (!started && input.allStarted) input.begin();
    return barriers;
  };
  return { told, channels, run };
}

describe("a gate", () => {
  test("tells nothing before every channel has started, then the least watermark", () => {
    const { told, channels, run } = gate();
    channels[0].push(watermark(10));
    channels[0].push(START);
    channels[0].push(watermark(20));
    run(false, 0);
    assert.deepEqual(told, []);
    channels[1].push(watermark(5));
    channels[1].push(START);
    run(false, 0);
    assert.deepEqual(told, [5]);
    channels[1].push(watermark(30));
    run(true, 0);
    assert.deepEqual(told, [5, 20]);
  });

  test("blocks a channel behind its barrier until the task has passed it", () => {
    const { told, channels, run } = gate();
    for (const channel of channels) channel.push(START);
    run(false, 0);
    channels[0].push(barrier(1));
    channels[0].push(watermark(50));
    channels[1].push(watermark(40));
    assert.deepEqual(
      run(true, 0).filter((each) => each !== null),
      [1],
    );
    assert.deepEqual(told, [], "the watermark behind the barrier has not been taken");
    channels[1].push(barrier(1));
    assert.deepEqual(run(true, 0), [1]);
    run(true, 1);
    assert.deepEqual(told, [40]);
  });

  test("an idle channel holds nothing back; all idle is idle; it comes back before its next word", () => {
    const { told, channels, run } = gate();
    for (const channel of channels) channel.push(START);
    run(false, 0);
    channels[0].push({ kind: "idle", idle: true });
    channels[1].push(watermark(7));
    run(true, 0);
    channels[1].push({ kind: "idle", idle: true });
    run(true, 0);
    channels[1].push({ kind: "idle", idle: false });
    channels[1].push(watermark(9));
    run(true, 0);
    assert.deepEqual(told, [7, true, false, 9]);
  });
});
