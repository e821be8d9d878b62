import type { KeyedState } from "../state-backend.ts";
import { check, contents, equal, resolve, same, type Open, type Test } from "./harness.ts";

/** What a rollback brings back. */
export function journalTests(test: Test, open: Open): void {
  const fill = (state: KeyedState, row: number): void => {
    state.value("value").set(row, { n: 1 });
    state.list("list").set(row, [1, 2]);
    for (const key of ["a", "b", "c"]) state.map("map").set(row, key, key);
    state.panes("panes").set(row, 10, 100);
    state.timers.set(row, 0, 5);
  };

  test("journal: rollback undoes every write and timer change, commit keeps them", () => {
    const state = open();
    const [row, other] = resolve(state.keys, ["k", "other"]) as [number, number];
    fill(state, row);
    const before = contents(state, row);
    const otherBefore = contents(state, other);
    const change = (): void => {
      state.value("value").set(row, 2);
      state.value("value").clear(row);
      state.list("list").add(row, 3);
      state.list("list").set(row, [9]);
      state.list("list").add(row, 10);
      state.list("list").clear(row);
      state.map("map").delete(row, "b");
      state.map("map").set(row, "b", "new");
      state.map("map").set(row, "a", "changed");
      state.map("map").clear(row);
      state.map("map").set(row, "z", 1);
      state.panes("panes").set(row, 10, 200);
      state.panes("panes").dropPane(10);
      state.panes("panes").set(row, 20, 1);
      state.timers.set(row, 0, 7);
      state.timers.clear(row, 0);
      state.timers.set(row, 1, 8);
      fill(state, other);
    };
    state.begin();
    change();
    state.rollback();
    equal(contents(state, row), before, "rollback left a change");
    equal(contents(state, other), otherBefore, "rollback left something in a new row");
    state.begin();
    change();
    state.commit();
    const after = contents(state, row);
    check(!same(after, before), "commit kept nothing");
    state.begin();
    state.rollback();
    equal(contents(state, row), after, "a later rollback reached behind a commit");
  });

  test("journal: a map entry that was deleted comes back to its place", () => {
    const state = open();
    const map = state.map<number>("map");
    const [row] = resolve(state.keys, ["k"]) as [number];
    ["a", "b", "c"].forEach((key, i) => map.set(row, key, i));
    state.begin();
    map.delete(row, "a");
    map.delete(row, "c");
    map.delete(row, "b");
    map.set(row, "a", 9);
    state.rollback();
    equal(
      map.entries(row),
      [
        ["a", 0],
        ["b", 1],
        ["c", 2],
      ],
      "the order of entries",
    );
    map.set(row, "d", 3);
    equal(map.keys(row), ["a", "b", "c", "d"], "the order of entries after that");
  });

  test("journal: rows made empty by a rollback are released", () => {
    const state = open();
    const [row] = resolve(state.keys, ["k"]) as [number];
    state.begin();
    fill(state, row);
    state.rollback();
    state.releaseEmptyRows();
    check(state.keys.liveRows === 0, "a rolled back row stayed");
  });
}
