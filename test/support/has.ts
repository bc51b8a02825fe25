import { capabilities } from "../../src/capabilities.ts";

/** Whether a capability is there: tests that go through all doors of a gateway go through those that it has. */
export const has = (name: string): boolean => capabilities.some((capability) => capability.name === name);
