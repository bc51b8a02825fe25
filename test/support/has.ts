import { capabilities } from "../../src/capabilities.ts";

/** Whether a capability exists: tests that cover all entry points of a gateway cover those that exist. */
export const has = (name: string): boolean => capabilities.some((capability) => capability.name === name);
