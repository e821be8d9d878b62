/**
 * Durable objects by key, as Amazon S3 and compatible stores keep them. An object is whole and immutable: it is replaced or deleted, never
 * changed. What `put`, `complete` and `delete` have answered is durable and seen by every later `get` and `head`.
 *
 * Contract
 * - Keys are 1 to 1,024 bytes of UTF-8, `/` is an ordinary character.
 * - An absent key is an answer (`null`, or `refused` of a condition on an etag), not an error. Failures are TidemarkError TM_OBJECT_STORE with
 *   facts `key`, `status` ("throttled" | "timeout" | "unavailable" | "denied" | "conflict") and `outcome`: "none" if the request
 *   certainly had no effect, "unknown" if it may have had, or may still have, its effect. A store never retries by itself.
 * - After "unknown" a request may take effect at any later time, also after its sender has died. Only conditions protect against
 *   that: `ifAbsent` and `ifEtag` are judged at the moment at which a request takes effect.
 * - A repeated conditional put of the caller's own bytes is refused by its own first attempt: read back and compare before giving up.
 * - `list` may lag behind: it may miss new objects and show deleted ones. Nothing that must be right depends on it.
 * - Parts of a multipart upload are kept, and paid for, until it is completed or aborted: a crash leaves orphans, which
 *   `listUploads` finds.
 */
export interface ObjectStore {
  /** Writes a whole object of at most 5 GiB. Without a condition it replaces what is there. */
  put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<PutOutcome>;
  /** The object, or the part of it that `range` names as far as the object goes; null if it is absent. */
  get(key: string, options?: { range?: ByteRange }): Promise<StoredObject | null>;
  /** What is known of an object without its bytes; null if it is absent. */
  head(key: string): Promise<ObjectFacts | null>;
  /** Deletes an object; absent is fine. */
  delete(key: string): Promise<void>;
  /** Keys that begin with `prefix` and come after `after`, in order of their UTF-8 bytes, at most `limit` (1 to 1,000, the default). */
  list(prefix: string, options?: { after?: string; limit?: number }): Promise<ObjectPage>;
  /** Begins an upload in parts. Nothing of it can be seen before it is completed. */
  startUpload(key: string): Promise<ObjectUpload>;
  /** Uploads that were begun under `prefix`, and neither completed nor aborted. */
  listUploads(prefix: string): Promise<readonly UploadFacts[]>;
  /** Frees the parts of an upload, whoever began it; absent is fine. */
  abortUpload(key: string, uploadId: string): Promise<void>;
}

/** When a put may take effect: only if there is no such object, or only if it is this very version. */
export type PutCondition = { readonly ifAbsent: true } | { readonly ifEtag: string };

/** `refused`: the condition does not hold, nothing was changed. */
export type PutOutcome = { readonly kind: "stored"; readonly etag: string } | { readonly kind: "refused" };

/** `length` bytes from `offset` on. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface ObjectFacts {
  readonly key: string;
  readonly sizeBytes: number;
  /** Differs whenever the bytes differ. */
  readonly etag: string;
  /** Epoch ms, by the store's clock. */
  readonly modifiedAt: number;
}

export interface StoredObject extends ObjectFacts {
  /** The bytes asked for; owned by the caller. */
  readonly bytes: Uint8Array;
}

export interface ObjectPage {
  readonly objects: readonly ObjectFacts[];
  /** Pass as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** An upload in parts. Any part may be sent again; the last one sent counts. */
export interface ObjectUpload {
  readonly key: string;
  readonly uploadId: string;
  /** `number` from 1 to 10,000, in order of their place in the object; each but the last at least 5 MiB. */
  putPart(number: number, bytes: Uint8Array): Promise<PartReceipt>;
  /** Makes the object of these parts, at once, under the condition. A refused upload stays and must be aborted. */
  complete(parts: readonly PartReceipt[], condition?: PutCondition): Promise<PutOutcome>;
  abort(): Promise<void>;
}

export interface PartReceipt {
  readonly number: number;
  readonly etag: string;
}

export interface UploadFacts {
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: number;
}
