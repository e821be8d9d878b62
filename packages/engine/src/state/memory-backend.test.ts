import { test } from "node:test";
import { memoryBackend } from "./memory-backend.ts";
import { stateBackendSuite } from "./state-backend.conformance.ts";

stateBackendSuite({ test: (name, run) => test(`memory backend, ${name}`, run), backend: memoryBackend });
