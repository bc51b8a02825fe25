import { AlmaError } from "../../alma/index.ts";

/** Runs a search that an answer can do without: undefined if it fails with an AlmaError. Throws any other error. */
export async function bestEffort<T>(search: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await search();
  } catch (error) {
    if (!(error instanceof AlmaError)) throw error;
    return undefined;
  }
}
