import type {
  ObjectFacts,
  PartReceipt,
  PutCondition,
  PutOutcome,
  StoredObject,
  UploadFacts,
} from "@tidemark/engine/host";
import { TidemarkError } from "@tidemark/engine/host";

/** A version of an object; null bytes: deleted. */
interface Version {
  readonly bytes: Uint8Array | null;
  readonly etag: string;
  readonly modifiedAt: number;
}

interface Upload extends UploadFacts {
  readonly parts: Map<number, { readonly etag: string; readonly bytes: Uint8Array }>;
}

/**
 * What an object store holds. Requests take effect at once, here, one after the other; when they arrive and whether anyone learns of it is
 * not this class's matter.
 */
export class Bucket {
  /** Versions by key, newest last; older ones are what a lagging listing shows. */
  readonly #versions = new Map<string, Version[]>();
  readonly #uploads = new Map<string, Upload>();
  readonly #now: () => number;
  #made = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  put(key: string, bytes: Uint8Array, condition: PutCondition | undefined): PutOutcome {
    if (!this.#holds(key, condition)) return { kind: "refused" };
    return { kind: "stored", etag: this.#add(key, bytes.slice()) };
  }

  get(key: string, range?: { offset: number; length: number }): StoredObject | null {
    const version = this.#newest(key);
    if (version === null) return null;
    const { offset = 0, length = version.bytes.length } = range ?? {};
    return { ...factsOf(key, version), bytes: version.bytes.slice(offset, offset + length) };
  }

  head(key: string): ObjectFacts | null {
    const version = this.#newest(key);
    return version === null ? null : factsOf(key, version);
  }

  delete(key: string): void {
    if (this.#newest(key) !== null) this.#add(key, null);
  }

  /** Objects under a prefix, in order; `showsNewest` decides, per key that changed since `lagMs`, which of its two newest versions is shown. */
  list(prefix: string, options: { lagMs: number; showsNewest: () => boolean }): readonly ObjectFacts[] {
    const since = this.#now() - options.lagMs;
    const found: ObjectFacts[] = [];
    for (const key of [...this.#versions.keys()].sort(byBytes)) {
      if (!key.startsWith(prefix)) continue;
      const versions = this.#versions.get(key) as Version[];
      const newest = versions.at(-1) as Version;
      const isYoung = options.lagMs > 0 && newest.modifiedAt > since;
      const shown = isYoung && !options.showsNewest() ? versions.at(-2) : newest;
      if (shown !== undefined && shown.bytes !== null) found.push(factsOf(key, { ...shown, bytes: shown.bytes }));
    }
    return found;
  }

  startUpload(key: string): string {
    const uploadId = `upload-${++this.#made}`;
    this.#uploads.set(uploadId, { key, uploadId, startedAt: this.#now(), parts: new Map() });
    return uploadId;
  }

  putPart(uploadId: string, number: number, bytes: Uint8Array): PartReceipt {
    const etag = etagOf(bytes);
    this.#upload(uploadId).parts.set(number, { etag, bytes: bytes.slice() });
    return { number, etag };
  }

  complete(uploadId: string, receipts: readonly PartReceipt[], condition: PutCondition | undefined): PutOutcome {
    const upload = this.#upload(uploadId);
    const parts = receipts.map(({ number, etag }) => {
      const part = upload.parts.get(number);
      if (part?.etag !== etag) throw noSuchUpload(upload.key, uploadId, `part ${number} is not the one that was sent`);
      return part.bytes;
    });
    if (!this.#holds(upload.key, condition)) return { kind: "refused" };
    this.#uploads.delete(uploadId);
    return { kind: "stored", etag: this.#add(upload.key, joined(parts)) };
  }

  abortUpload(uploadId: string): void {
    this.#uploads.delete(uploadId);
  }

  listUploads(prefix: string): readonly UploadFacts[] {
    return [...this.#uploads.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ key, uploadId, startedAt }) => ({ key, uploadId, startedAt }));
  }

  /** Flips a bit of an object's newest version: the damage that no store should do. */
  rot(key: string, options: { offset: number; bit: number }): void {
    const bytes = this.#newest(key)?.bytes;
    if (bytes !== undefined && options.offset < bytes.length) {
      bytes[options.offset] = (bytes[options.offset] as number) ^ (1 << options.bit);
    }
  }

  #holds(key: string, condition: PutCondition | undefined): boolean {
    if (condition === undefined) return true;
    const newest = this.#newest(key);
    return "ifAbsent" in condition ? newest === null : newest?.etag === condition.ifEtag;
  }

  #newest(key: string): (Version & { readonly bytes: Uint8Array }) | null {
    const version = this.#versions.get(key)?.at(-1);
    return version === undefined || version.bytes === null ? null : { ...version, bytes: version.bytes };
  }

  #add(key: string, bytes: Uint8Array | null): string {
    const etag = bytes === null ? "" : etagOf(bytes);
    const versions = this.#versions.get(key) ?? [];
    versions.push({ bytes, etag, modifiedAt: this.#now() });
    // A listing shows one of the two newest.
    this.#versions.set(key, versions.slice(-2));
    return etag;
  }

  #upload(uploadId: string): Upload {
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined) throw noSuchUpload("", uploadId, "there is no such upload");
    return upload;
  }
}

function factsOf(key: string, version: Version & { readonly bytes: Uint8Array }): ObjectFacts {
  return { key, sizeBytes: version.bytes.length, etag: version.etag, modifiedAt: version.modifiedAt };
}

function noSuchUpload(key: string, uploadId: string, why: string): TidemarkError {
  return new TidemarkError("TM_NOT_FOUND", `an upload in parts cannot go on: ${why}`, { facts: { key, uploadId } });
}

/** From the content alone, as S3's are: the same bytes have the same etag, so an etag does not tell two writers apart. */
function etagOf(bytes: Uint8Array): string {
  let low = 0x811c9dc5;
  let high = 0x9e3779b1;
  for (let i = 0; i < bytes.length; i++) {
    low = Math.imul(low ^ (bytes[i] as number), 0x01000193);
    high = Math.imul(high ^ (bytes[i] as number), 0x85ebca6b);
  }
  return `"${(high >>> 0).toString(16).padStart(8, "0")}${(low >>> 0).toString(16).padStart(8, "0")}-${bytes.length}"`;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const utf8 = new TextEncoder();

/** UTF-8 order differs from code unit order beyond the first plane. */
function byBytes(a: string, b: string): number {
  const left = utf8.encode(a);
  const right = utf8.encode(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return (left[i] as number) - (right[i] as number);
  }
  return left.length - right.length;
}
