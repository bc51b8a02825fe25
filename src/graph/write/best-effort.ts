import { AlmaError } from "../../alma/index.ts";

/** Runs an optional search. Resolves to undefined if it fails with an AlmaError. Rejects with any other error. */
export async function bestEffort<T>(search: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await search();
  } catch (error) {
    if (!(error instanceof AlmaError)) throw error;
    return undefined;
  }
}
