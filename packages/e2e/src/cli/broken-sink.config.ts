// Binds "hourly" to a sink with a mistake of its own: not one that the engine knows.
import { defineConfig } from "tidemark";

export default defineConfig({
  bind: {
    hourly: {
      description: "broken",
      sink: {
        description: "broken",
        guarantee: "at-least-once",
        openWriter: () =>
          Promise.resolve({
            write: () => {
              throw new RangeError("the sink has a mistake");
            },
            backlogBytes: () => 0,
            drained: () => Promise.resolve(),
            prepare: () => Promise.resolve(null),
            close: () => Promise.resolve(),
          }),
        openCommitter: () =>
          Promise.resolve({
            plan: () => null,
            commit: () => Promise.resolve(),
            recover: () => Promise.resolve(),
            close: () => Promise.resolve(),
          }),
      },
    },
  },
});
