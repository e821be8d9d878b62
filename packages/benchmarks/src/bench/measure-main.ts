import { measure, type Task } from "./measure.ts";

// The child of measure-process.ts: one task in, one measurement out.
process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "") as Task)));
