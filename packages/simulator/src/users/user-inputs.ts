import { Entropy } from "../random.ts";
import type { RecordInputs } from "../explore/scenario.ts";
import { ArbitraryRandom, type Arbitrary } from "./arbitrary-random.ts";

/** Records of one split, or of several, a list each. */
type UserRecords = readonly unknown[] | readonly (readonly unknown[])[];

/** Records of a source port, or what makes them: a function of seeded randomness, or an arbitrary of fast-check. */
export type UserInput = UserRecords | ((random: () => number) => UserRecords) | Arbitrary<UserRecords>;

/** Records by source port. */
export type UserInputs = Readonly<Record<string, UserInput>>;

/** The inputs that a number stands for; the same number, the same inputs. */
export function inputsOf(inputs: UserInputs, seed: number): RecordInputs {
  const entropy = new Entropy({ seed });
  return Object.fromEntries(
    Object.entries(inputs).map(([port, input]) => {
      const choices = entropy.choices(`input ${port}`);
      return [port, splitsOf(recordsOf(input, (bound) => choices.integer(bound)))];
    }),
  );
}

function recordsOf(input: UserInput, integer: (bound: number) => number): UserRecords {
  if (typeof input === "function") return input(() => integer(2 ** 30) / 2 ** 30);
  if (!("generate" in input)) return input;
  const made = input.generate(new ArbitraryRandom(integer(2 ** 32)) as never, undefined);
  return "value" in made ? made.value : made;
}

/** Records in a list of their own are one split. */
function splitsOf(records: UserRecords): readonly (readonly unknown[])[] {
  const isSplit = records.length > 0 && records.every((each) => Array.isArray(each));
  return isSplit ? (records as readonly (readonly unknown[])[]) : [records];
}
