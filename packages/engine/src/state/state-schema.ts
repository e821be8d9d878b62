import type { StateDescriptor } from "./state-backend.ts";

/**
 * What a manifest says of a state's schema. Of slots only that they are: their fields are compared one by one, with the payload, so that
 * fields can be added.
 */
export function stateSchema(descriptor: StateDescriptor): { schemaHash: string; jsonSchema: unknown } {
  switch (descriptor.kind) {
    case "slots":
    case "paneSlots":
      return { schemaHash: "slots", jsonSchema: null };
    default:
      return { schemaHash: descriptor.codec.schemaHash, jsonSchema: descriptor.codec.jsonSchema ?? null };
  }
}
