import {
  TidemarkError,
  type ObjectPage,
  type ObjectStore,
  type ObjectUpload,
  type PutCondition,
} from "@tidemark/engine/host";
import type { Life } from "../life.ts";
import type { Watchers } from "../operation.ts";
import type { Choices } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import { Bucket } from "./bucket.ts";
import { isChanging, type StoreCallName, type StoreFault, type StoreRule } from "./store-rule.ts";

const LIST_LIMIT = 1_000;

export interface SimulatedObjectStoreOptions {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly watchers: Watchers;
  readonly choices: Choices;
  readonly rule: StoreRule;
  readonly listLagMs: number;
  /** Epoch ms, by the store's clock. */
  readonly now: () => number;
}

interface Request<T> {
  readonly name: StoreCallName;
  readonly key: string;
  readonly condition?: PutCondition | undefined;
  readonly bytes?: Uint8Array;
  readonly apply: () => T;
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/**
 * An object store that outlives every process. A request is two events: it arrives and takes effect, and its sender is answered. Once sent it
 * no longer needs its sender: it may arrive after that one was killed, or was told of a timeout.
 */
export class SimulatedObjectStore {
  readonly name: string;
  /** What it holds, for tests to look at and to damage. */
  readonly bucket: Bucket;
  readonly #options: SimulatedObjectStoreOptions;

  constructor(options: SimulatedObjectStoreOptions) {
    this.name = options.name;
    this.#options = options;
    this.bucket = new Bucket(options.now);
  }

  /** The store as one process sees it. */
  client(life: Life): ObjectStore {
    const { bucket } = this;
    const send = <T>(request: Request<T>): Promise<T> => this.#send(life, request);
    return {
      put: (key, bytes, condition) => {
        const copy = bytes.slice();
        return send({ name: "put", key, condition, bytes: copy, apply: () => bucket.put(key, copy, condition) });
      },
      get: (key, { range } = {}) => send({ name: "get", key, apply: () => bucket.get(key, range) }),
      head: (key) => send({ name: "head", key, apply: () => bucket.head(key) }),
      delete: (key) => send({ name: "delete", key, apply: () => bucket.delete(key) }),
      list: (prefix, options) => send({ name: "list", key: prefix, apply: () => this.#list(prefix, options) }),
      startUpload: async (key) => {
        const uploadId = await send({ name: "start upload", key, apply: () => bucket.startUpload(key) });
        return this.#upload(life, key, uploadId);
      },
      listUploads: (prefix) => send({ name: "list uploads", key: prefix, apply: () => bucket.listUploads(prefix) }),
      abortUpload: (key, uploadId) => send({ name: "abort upload", key, apply: () => bucket.abortUpload(uploadId) }),
    };
  }

  #upload(life: Life, key: string, uploadId: string): ObjectUpload {
    const { bucket } = this;
    return {
      key,
      uploadId,
      putPart: (number, bytes) => {
        const copy = bytes.slice();
        const apply = (): ReturnType<Bucket["putPart"]> => bucket.putPart(uploadId, number, copy);
        return this.#send(life, { name: "put part", key, bytes: copy, apply });
      },
      complete: (parts, condition) =>
        this.#send(life, {
          name: "complete upload",
          key,
          condition,
          apply: () => bucket.complete(uploadId, parts, condition),
        }),
      abort: () => this.#send(life, { name: "abort upload", key, apply: () => bucket.abortUpload(uploadId) }),
    };
  }

  #list(prefix: string, { after = "", limit = LIST_LIMIT }: { after?: string; limit?: number } = {}): ObjectPage {
    const { choices, listLagMs } = this.#options;
    const all = this.bucket.list(prefix, { lagMs: listLagMs, showsNewest: () => !choices.chance(0.5) });
    // The list is in order of bytes; so is what comes after a key of it.
    const from = after === "" ? 0 : all.findIndex(({ key }) => key === after) + 1;
    const rest = from > 0 || after === "" ? all.slice(from) : all.filter(({ key }) => key > after);
    const objects = rest.slice(0, limit);
    return { objects, next: rest.length > limit ? (objects.at(-1)?.key ?? null) : null };
  }

  #send<T>(life: Life, request: Request<T>): Promise<T> {
    const { scheduler, rule } = this.#options;
    return new Promise((resolve, reject) => {
      if (!life.isAlive) return;
      const { name, key, condition } = request;
      const fault = rule({ name, key, isConditional: condition !== undefined, actor: life.name });
      const answer = (outcome: Outcome<T>): void => {
        this.#answer(life, request, () => {
          if ("error" in outcome) reject(outcome.error as Error);
          else resolve(outcome.value);
        });
      };
      if (fault?.status === "timeout")
        this.#answer(life, request, () => reject(failure(request, fault)), fault.answerMs);
      scheduler.schedule({
        kind: "store",
        actor: this.name,
        what: `${name} ${key} from ${life.name} arrives`,
        // Not the sender's: a request on its way outlives it.
        life: null,
        delayMs: fault?.delayMs ?? 0,
        run: () => {
          const outcome = this.#arrive(life, request, fault);
          if (outcome !== null && fault?.status !== "timeout") answer(outcome);
        },
      });
    });
  }

  /** Null if the sender was killed at this very moment. */
  #arrive<T>(life: Life, request: Request<T>, fault: StoreFault | null): Outcome<T> | null {
    const { scheduler, watchers } = this.#options;
    if (fault?.status !== undefined) {
      scheduler.note("fault", this.name, `${fault.status} at ${request.name} ${request.key}`);
      if (fault.takesEffect !== true) return { error: failure(request, fault) };
    }
    const { name, key } = request;
    const changes = isChanging(name);
    const operation = watchers.operation({ target: "store", name, subject: key, actor: life.name, changes });
    const wasAlive = life.isAlive;
    watchers.before(operation);
    // Killed by a watcher just before the request took effect; one whose sender had died earlier is on its way, though.
    if (wasAlive && !life.isAlive) return null;
    let outcome: Outcome<T>;
    try {
      outcome = { value: request.apply() };
    } catch (error) {
      outcome = { error };
    }
    if (request.bytes !== undefined) scheduler.trace.noteBytes(request.bytes);
    watchers.after(operation);
    if (!life.isAlive) return null;
    return fault?.status === undefined ? outcome : { error: failure(request, fault) };
  }

  #answer<T>(life: Life, request: Request<T>, deliver: () => void, delayMs: number = 0): void {
    const { scheduler } = this.#options;
    const what = `answer to ${request.name} ${request.key}`;
    scheduler.schedule({ kind: "store", actor: life.name, what, life, delayMs, run: deliver });
  }
}

function failure<T>({ name, key }: Request<T>, { status }: StoreFault): TidemarkError {
  const isCertain = status === "throttled" || status === "denied" || status === "conflict" || !isChanging(name);
  return new TidemarkError("TM_OBJECT_STORE", `the object store did not ${name}: ${status ?? "unavailable"}`, {
    facts: { key, status, outcome: isCertain ? "none" : "unknown" },
  });
}
