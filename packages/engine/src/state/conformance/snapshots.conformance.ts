import { KEY_GROUP_BITS_MAX, keyGroupOf, keyGroupRange } from "../key-group.ts";
import type { Key } from "../../record/key-column.ts";
import { keyColumnOf } from "../../record/key-codec.ts";
import type { KeyedState, KeyGroupPayload, StateDescriptor } from "../state-backend.ts";
import { PLAIN_CODEC, type StateCodec } from "../state-codec.ts";
import {
  allKinds,
  BITS,
  check,
  contents,
  descriptor,
  equal,
  ODD_KEYS,
  resolve,
  throws,
  type Open,
  type Test,
} from "./harness.ts";

/** What a snapshot holds and how a restore reads it. */
export function snapshotTests(test: Test, open: Open): void {
  const fill = (state: KeyedState): void => {
    resolve(state.keys, ODD_KEYS).forEach((row, i) => {
      if (i % 2 === 0) state.value("value").set(row, { n: i, key: state.keys.key(row) });
      if (i % 3 === 0) state.list("list").set(row, [i, -0, "\uD800"]);
      if (i % 4 === 0) for (const key of ["z", "1", "\uDFFF", ""]) state.map("map").set(row, key, [key]);
      if (i % 5 === 0) for (const pane of [1e15, -10, 0]) state.panes("panes").set(row, pane, pane + i);
      if (i % 7 !== 0) state.timers.set(row, i % 2, i === 8 ? Number.POSITIVE_INFINITY : 1_000 - i);
    });
    resolve(state.keys, ["empty"]);
  };
  test("snapshot: restores to the same at any parallelism and number of key groups", () => {
    for (const keyGroupBits of [0, 3, BITS, KEY_GROUP_BITS_MAX]) {
      const states = allKinds();
      const source = open({ states, keyGroupBits });
      fill(source);
      const payloads = source.snapshot();
      check(
        payloads.every(({ keyGroup }, i) => i === 0 || keyGroup > (payloads[i - 1] as KeyGroupPayload).keyGroup),
        "payloads out of order",
      );
      for (const parallelism of [1, 2, 5]) {
        const found = new Map<unknown, unknown>();
        for (let task = 0; task < parallelism; task++) {
          const target = open({ states, keyGroupBits });
          const { first, end } = keyGroupRange(task, parallelism, keyGroupBits);
          for (const { keyGroup, payload } of payloads)
            if (keyGroup >= first && keyGroup < end) target.restore(payload);
          for (const key of ODD_KEYS) {
            const { hashes } = keyColumnOf([key]);
            const group = keyGroupOf(hashes[0] as number, keyGroupBits);
            if (group < first || group >= end) continue;
            check(!found.has(key), "a key was restored twice");
            found.set(key, contents(target, (resolve(target.keys, [key]) as [number])[0]));
          }
        }
        for (const key of ODD_KEYS) {
          equal(
            found.get(key),
            contents(source, (resolve(source.keys, [key]) as [number])[0]),
            "what was restored differs",
          );
        }
      }
    }
  });

  test("snapshot: is as of the call and changes nothing", () => {
    const state = open();
    fill(state);
    const [row] = resolve(state.keys, [ODD_KEYS[0] as Key]) as [number];
    const before = contents(state, row);
    const payloads = state.snapshot();
    equal(contents(state, row), before, "a snapshot changed state");
    state.value("value").set(row, "later");
    const target = open();
    for (const { payload } of payloads) target.restore(payload);
    equal(
      contents(target, (resolve(target.keys, [ODD_KEYS[0] as Key]) as [number])[0]),
      before,
      "a later write got into the snapshot",
    );
  });

  test("snapshot: is read in slices as of its beginning, while the state goes on", () => {
    for (const steps of [1, 7, 1_000]) {
      const state = open();
      fill(state);
      const before = ODD_KEYS.map((key) => contents(state, (resolve(state.keys, [key]) as [number])[0]));
      const reading = state.freeze();
      throws(() => state.freeze(), "TM_INTERNAL");
      for (let n = 0; !reading.advance(steps); n++) {
        const [row, other] = resolve(state.keys, [ODD_KEYS[n % ODD_KEYS.length] as Key, `new ${n}`]) as [
          number,
          number,
        ];
        state.value("value").set(other, n);
        state.value("value").set(row, n);
        state.list("list").add(row, n);
        if (n % 2 === 0) state.list("list").clear(row);
        state.map("map").set(row, "z", n);
        state.map("map").delete(row, "1");
        state.timers.set(row, 0, n);
        state.timers.clear(row, 1);
        state.panes("panes").delete(row, 0);
        state.releaseEmptyRows();
      }
      const target = open();
      for (const { payload } of reading.payloads()) target.restore(payload);
      const after = ODD_KEYS.map((key) => contents(target, (resolve(target.keys, [key]) as [number])[0]));
      equal(after, before, "a later write got into the snapshot");
      state.freeze().abandon();
      state.releaseEmptyRows();
      check(state.snapshot().length > 0, "nothing can be read after a reading was given up");
    }
  });

  test("snapshot: empty rows are in no payload, an empty state has none", () => {
    const state = open();
    resolve(state.keys, ["a", "b"]);
    check(state.snapshot().length === 0, "an empty row was written");
  });

  test("restore: the codec translates, and a name that is no longer declared is refused", () => {
    const upper: StateCodec = {
      ...PLAIN_CODEC,
      encode: (value) => ({ is: value }),
      decode: (plain) => (plain as { is: unknown }).is,
    };
    const states: StateDescriptor[] = [{ name: "value", kind: "value", codec: upper }];
    const source = open({ states, timers: [] });
    const [row] = resolve(source.keys, ["k"]) as [number];
    source.value("value").set(row, 5);
    const [{ payload }] = source.snapshot() as [KeyGroupPayload];
    const target = open({ states, timers: ["new"] });
    target.restore(payload);
    equal(target.value("value").get((resolve(target.keys, ["k"]) as [number])[0]), 5, "the decoded value");
    throws(() => open({ states: [descriptor("other", "value")] }).restore(payload), "TM_STATE_INCOMPATIBLE");
    throws(() => open({ states: [descriptor("value", "list")] }).restore(payload), "TM_STATE_INCOMPATIBLE");
  });

  test("restore: bytes that make no sense are refused as corrupt", () => {
    const source = open();
    fill(source);
    const [{ payload }] = source.snapshot() as [KeyGroupPayload];
    for (let length = 1; length < payload.length; length++) {
      throws(() => open().restore(payload.subarray(0, length)), "TM_CHECKPOINT_CORRUPT");
    }
    throws(() => open().restore(Uint8Array.of(...payload, 0)), "TM_CHECKPOINT_CORRUPT");
  });
}
