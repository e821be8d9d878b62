import { count, max, pipeline, session, state, sum, tumbling, hopping } from "tidemark";
import { z } from "zod";

const Click = z.object({ seq: z.number(), user: z.string(), at: z.number(), amount: z.number() });

/** Windows, sessions, process state and timers over one stream, with late records. */
export default pipeline("kill", (p) => {
  const clicks = p.source("clicks", Click, { eventTime: (click) => click.at, outOfOrder: "20s" });
  const byUser = clicks.filter((click) => click.amount >= 0).keyBy((click) => click.user);

  byUser
    .window(tumbling("1m"), { allowedLateness: "1m", late: p.sink("late", Click) })
    .aggregate("per-minute", { n: count(), total: sum((click) => click.amount), highest: max((click) => click.seq) })
    .to(p.sink("per-minute"));

  byUser.window(hopping("2m", "30s")).aggregate("hopping", { n: count() }).to(p.sink("hopping"));

  byUser
    .window(session("45s"))
    .aggregate("sessions", { n: count(), total: sum((click) => click.amount) })
    .to(p.sink("sessions"));

  byUser
    .process("spree", {
      emits: z.object({ user: z.string(), clicks: z.number(), lastSeq: z.number(), quietAt: z.number().nullable() }),
      state: { seen: state.value(z.object({ clicks: z.number(), lastSeq: z.number() })) },
      timers: ["quiet"],
      onRecord(click, c) {
        const before = c.state.seen.get() ?? { clicks: 0, lastSeq: -1 };
        const seen = { clicks: before.clicks + 1, lastSeq: click.seq };
        c.state.seen.set(seen);
        c.timer("quiet").at(click.at + 60_000);
        if (seen.clicks % 5 === 0) c.emit({ user: click.user, ...seen, quietAt: null });
      },
      onTimer: {
        quiet(c) {
          const seen = c.state.seen.get();
          if (seen !== undefined) c.emit({ user: c.key, ...seen, quietAt: c.time });
          c.state.seen.clear();
        },
      },
    })
    .to(p.sink("sprees"));
});
