import { assert } from "../foundation/assert.ts";
import type { MessagePortLike } from "../host/threads.ts";
import { LocalChannel, type ChannelKey, type ChannelReader, type ChannelWriter } from "./channel.ts";
import { RemoteLink } from "./remote-link.ts";

/** Finds the ends of channels: in memory between subtasks of this worker, over a link to those of another. */
export class ChannelHub {
  readonly #local: ReadonlySet<number>;
  readonly #channels = new Map<string, LocalChannel>();
  readonly #links = new Map<number, RemoteLink>();

  constructor(localSubtasks: readonly number[], links: ReadonlyMap<number, MessagePortLike>, wake: () => void) {
    this.#local = new Set(localSubtasks);
    for (const [subtask, port] of links) this.#links.set(subtask, new RemoteLink(port, wake));
  }

  writer(key: ChannelKey): ChannelWriter {
    return this.#local.has(key.to) ? this.#localChannel(key) : this.#link(key.to).writer(key);
  }

  reader(key: ChannelKey): ChannelReader {
    return this.#local.has(key.from) ? this.#localChannel(key) : this.#link(key.from).reader(key);
  }

  /** Starts delivery from other workers, once every channel has its reader. */
  open(): void {
    for (const link of this.#links.values()) link.open();
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
  }

  #localChannel(key: ChannelKey): LocalChannel {
    const name = `${key.edge}:${key.from}:${key.to}`;
    const channel = this.#channels.get(name) ?? new LocalChannel();
    this.#channels.set(name, channel);
    return channel;
  }

  #link(subtask: number): RemoteLink {
    const link = this.#links.get(subtask);
    assert(link !== undefined, () => `no link to the worker of subtask ${subtask}`);
    return link;
  }
}
