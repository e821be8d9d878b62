import assert from "node:assert/strict";
import { test } from "node:test";
import { TidemarkError } from "../foundation/error.ts";
import { rethrowInternal } from "./user-failure.ts";

test("no record is to blame for a bug of Tidemark, nor for state that is full; for anything else it is", () => {
  for (const code of ["TM_INTERNAL", "TM_STATE_FULL"] as const) {
    const error = new TidemarkError(code, "not the record's");
    assert.throws(() => {
      rethrowInternal(error);
    }, error);
  }
  rethrowInternal(new TidemarkError("TM_STATE_VALUE", "a function cannot be kept"));
  rethrowInternal(new Error("the user's own"));
});
