import type { Json } from "../foundation/json.ts";
import type { RecordBatch } from "../record/batch.ts";
import { CompiledAggregates } from "./compiled-aggregates.ts";
import { ListSessionOperator } from "./list-session-operator.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { FIRST_AGGREGATE } from "./session-fields.ts";
import type { SessionOptions } from "./session-options.ts";
import { SlotSessionOperator } from "./slot-session-operator.ts";

/**
 * Session windows. Per key it keeps the sessions that are not yet dropped. A record joins those that it touches: it is added to
 * the earlier one, then the later one is merged into that. A session that was joined fires again, with the revision after the
 * highest of its parts; at once if its end has passed already.
 *
 * Where all aggregates are numbers in place, a session is too; else the sessions of a key are a list of objects.
 */
export class SessionOperator implements Operator {
  readonly #sessions: Operator & { onIdle(input: number, idle: boolean): void; facts(): Json };

  constructor(context: OperatorContext, options: SessionOptions) {
    const compiled = new CompiledAggregates(options.aggregates, { firstField: FIRST_AGGREGATE });
    this.#sessions = compiled.isWords
      ? new SlotSessionOperator(context, options, compiled)
      : new ListSessionOperator(context, options);
  }

  onBatch(input: number, batch: RecordBatch): void {
    this.#sessions.onBatch(input, batch);
  }

  onWatermark(input: number, watermark: number): void {
    this.#sessions.onWatermark(input, watermark);
  }

  onIdle(input: number, idle: boolean): void {
    this.#sessions.onIdle(input, idle);
  }

  facts(): Json {
    return this.#sessions.facts();
  }
}
