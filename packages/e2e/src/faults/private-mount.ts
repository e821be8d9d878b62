import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import type { Requirements } from "./requirements.ts";

const execute = promisify(execFile);

/** What {@link PrivateMount} needs. */
export const MOUNT_REQUIREMENTS: Requirements = { commands: ["unshare", "nsenter", "mount"], root: true };

/** The command that puts another one into a mount namespace of its own. */
const NEW_NAMESPACE = ["unshare", "--mount", "--propagation", "private"] as const;

/**
 * One file system that only a namespace of its own sees: it is gone, with its loop device, when the namespace's last process is. A holder keeps
 * it, which ends when this process does, in whatever way.
 */
export class PrivateMount {
  /** Where it is mounted, for processes run under {@link under}. */
  readonly mountPoint: string;
  /** The same place as this process sees it. */
  readonly seenAs: string;
  /** The command that puts another one into the namespace. */
  readonly under: readonly string[];
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess, mountPoint: string) {
    const pid = String(holder.pid);
    this.#holder = holder;
    this.mountPoint = mountPoint;
    this.seenAs = `/proc/${pid}/root${mountPoint}`;
    this.under = ["nsenter", `--mount=/proc/${pid}/ns/mnt`];
  }

  /** Mounts with the arguments of `mount`, without the mount point, which is an existing directory. */
  static async open(mountArguments: readonly string[], mountPoint: string): Promise<PrivateMount> {
    const [unshare, ...options] = NEW_NAMESPACE;
    const script = 'mount "$@" && echo mounted && exec cat';
    const holder = spawn(unshare, [...options, "sh", "-c", script, "sh", ...mountArguments, mountPoint], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    let said = "";
    holder.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const isMounted = await Promise.race([
      once(holder.stdout, "data").then(() => true),
      once(holder, "close").then(() => false),
    ]);
    if (!isMounted) throw new Error(`could not mount ${mountArguments.join(" ")}: ${said}`);
    return new PrivateMount(holder, mountPoint);
  }

  /** Runs a command in the namespace; rejects if it fails. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    const [nsenter = "", ...options] = this.under;
    return (await execute(nsenter, [...options, command, ...args])).stdout;
  }

  /** Unmounts; no process may still use it. */
  async close(): Promise<void> {
    if (this.#holder.exitCode !== null) return;
    const closed = once(this.#holder, "close");
    try {
      await this.run("umount", this.mountPoint);
    } finally {
      this.#holder.stdin?.end();
      await closed;
    }
  }
}
