import { AwsClient } from "aws4fetch";
import {
  TidemarkError,
  type ObjectFacts,
  type ObjectPage,
  type ObjectStore,
  type ObjectUpload,
  type PartReceipt,
  type PutCondition,
  type PutOutcome,
  type StoredObject,
  type UploadFacts,
} from "@tidemark/engine/host";

export interface S3Options {
  /** Of the server, without a path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** An S3 bucket, path style, behind the object store contract. As little as its conformance test needs: no retries, one page of uploads. */
export class S3ObjectStore implements ObjectStore {
  readonly #client: AwsClient;
  readonly #bucketUrl: string;

  constructor({ endpoint, bucket, accessKeyId, secretAccessKey }: S3Options) {
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region: "us-east-1", service: "s3", retries: 0 });
    this.#bucketUrl = `${endpoint}/${bucket}`;
  }

  async makeBucket(): Promise<void> {
    await this.#send({ method: "PUT" });
  }

  put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<PutOutcome> {
    return this.#store({ method: "PUT", key, body: bytes, headers: conditionHeaders(condition) }, async (response) =>
      etagOf(response),
    );
  }

  async get(key: string, { range }: { range?: { offset: number; length: number } } = {}): Promise<StoredObject | null> {
    const headers = range === undefined ? {} : { range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
    const response = await this.#send({ method: "GET", key, headers }, [404, 416]);
    if (response.status === 404) return null;
    if (response.status === 416) {
      await response.arrayBuffer();
      const facts = await this.head(key);
      return facts === null ? null : { ...facts, bytes: new Uint8Array(0) };
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
    return { ...factsOf(key, response, total === undefined ? bytes.length : Number(total)), bytes };
  }

  async head(key: string): Promise<ObjectFacts | null> {
    const response = await this.#send({ method: "HEAD", key }, [404]);
    return response.status === 404 ? null : factsOf(key, response, Number(response.headers.get("content-length")));
  }

  async delete(key: string): Promise<void> {
    await this.#send({ method: "DELETE", key }, [404]);
  }

  async list(prefix: string, { after, limit = 1_000 }: { after?: string; limit?: number } = {}): Promise<ObjectPage> {
    const query = {
      "list-type": "2",
      prefix,
      "max-keys": String(limit),
      ...(after !== undefined && { "start-after": after }),
    };
    const xml = await (await this.#send({ method: "GET", query })).text();
    const objects = elements(xml, "Contents").map((object) => ({
      key: textIn(object, "Key"),
      sizeBytes: Number(textIn(object, "Size")),
      etag: textIn(object, "ETag"),
      modifiedAt: Date.parse(textIn(object, "LastModified")),
    }));
    return { objects, next: textIn(xml, "IsTruncated") === "true" ? (objects.at(-1)?.key ?? null) : null };
  }

  async startUpload(key: string): Promise<ObjectUpload> {
    const xml = await (await this.#send({ method: "POST", key, query: { uploads: "" } })).text();
    const uploadId = textIn(xml, "UploadId");
    return {
      key,
      uploadId,
      putPart: async (number, bytes) => {
        const response = await this.#send({
          method: "PUT",
          key,
          query: { partNumber: String(number), uploadId },
          body: bytes,
        });
        return { number, etag: etagOf(response) };
      },
      complete: (parts, condition) => {
        const request: Request = {
          method: "POST",
          key,
          query: { uploadId },
          body: partsXml(parts),
          headers: conditionHeaders(condition),
        };
        return this.#store(request, async (response) => textIn(await response.text(), "ETag"));
      },
      abort: () => this.abortUpload(key, uploadId),
    };
  }

  async listUploads(prefix: string): Promise<readonly UploadFacts[]> {
    const xml = await (await this.#send({ method: "GET", query: { uploads: "", prefix } })).text();
    return elements(xml, "Upload").map((upload) => ({
      key: textIn(upload, "Key"),
      uploadId: textIn(upload, "UploadId"),
      startedAt: Date.parse(textIn(upload, "Initiated")),
    }));
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    await this.#send({ method: "DELETE", key, query: { uploadId } }, [404]);
  }

  /** 412 is a condition that does not hold; 404 is one on a version of an object that is gone. */
  async #store(request: Request, etag: (response: Response) => Promise<string>): Promise<PutOutcome> {
    const answers = request.headers?.["if-match"] === undefined ? [412] : [412, 404];
    const response = await this.#send(request, answers);
    if (!response.ok) return { kind: "refused" };
    return { kind: "stored", etag: await etag(response) };
  }

  async #send(
    { method, key, query = {}, headers = {}, body }: Request,
    answers: readonly number[] = [],
  ): Promise<Response> {
    const url = new URL(
      key === undefined ? this.#bucketUrl : `${this.#bucketUrl}/${key.split("/").map(encodeURIComponent).join("/")}`,
    );
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    let response: Response;
    try {
      response = await this.#client.fetch(url.href, {
        method,
        headers,
        ...(body !== undefined && { body: typeof body === "string" ? body : body.slice() }),
      });
    } catch (cause) {
      throw failure({
        key,
        status: "unavailable",
        outcome: method === "GET" || method === "HEAD" ? "none" : "unknown",
        cause,
      });
    }
    if (response.ok || answers.includes(response.status)) return response;
    const status =
      { 403: "denied", 409: "conflict", 429: "throttled", 503: "throttled" }[response.status] ?? "unavailable";
    const outcome = response.status < 500 || response.status === 503 ? "none" : "unknown";
    throw failure({ key, status, outcome, cause: new Error(`${response.status} ${await response.text()}`) });
  }
}

function failure({
  key = "",
  status,
  outcome,
  cause,
}: {
  key: string | undefined;
  status: string;
  outcome: string;
  cause: unknown;
}): TidemarkError {
  return new TidemarkError("TM_OBJECT_STORE", "the object store did not do what it was asked", {
    cause,
    facts: { key, status, outcome },
  });
}

function conditionHeaders(condition: PutCondition | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return "ifAbsent" in condition ? { "if-none-match": "*" } : { "if-match": condition.ifEtag };
}

function factsOf(key: string, response: Response, sizeBytes: number): ObjectFacts {
  return {
    key,
    sizeBytes,
    etag: etagOf(response),
    modifiedAt: Date.parse(response.headers.get("last-modified") ?? ""),
  };
}

function etagOf(response: Response): string {
  return response.headers.get("etag") ?? "";
}

function partsXml(parts: readonly PartReceipt[]): string {
  const list = parts.map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`);
  return `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
}

function elements(xml: string, name: string): string[] {
  return xml
    .split(`<${name}>`)
    .slice(1)
    .map((rest) => rest.slice(0, rest.indexOf(`</${name}>`)));
}

function textIn(xml: string, name: string): string {
  const text = elements(xml, name)[0] ?? "";
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#34;", '"')
    .replaceAll("&amp;", "&");
}
