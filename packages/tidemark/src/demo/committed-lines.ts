import { open, type FileHandle } from "node:fs/promises";

/** Complete lines of a growing file, each once. A last line without a newline is not committed yet: it is not there. */
export class CommittedLines {
  readonly #path: string;
  readonly #decoder = new TextDecoder();
  #offset = 0;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  /** Lines since the last call; none as long as the file does not exist. */
  async read(): Promise<string[]> {
    const file = await openIfThere(this.#path);
    if (file === null) return [];
    try {
      const { size } = await file.stat();
      const bytes = new Uint8Array(Math.max(0, size - this.#offset));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#offset);
      this.#offset += bytesRead;
      const text = this.#decoder.decode(bytes.subarray(0, bytesRead), { stream: true });
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      return lines;
    } finally {
      await file.close();
    }
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
