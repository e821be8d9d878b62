declare const accepts: unique symbol;

/**
 * A sink port of a pipeline, made by `p.sink(port, schema?)` and used by `stream.to(sink)`. It accepts records of type T and of any
 * type that fits T; without a schema it accepts every record.
 */
export interface Sink<in T> {
  readonly port: string;
  readonly [accepts]?: (record: T) => void;
}
