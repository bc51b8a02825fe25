import { AlmaError } from "../../alma/index.ts";

/**
 * Looks for what explains a refusal. Undefined if there is nothing, and also if Alma cannot be asked: the refusal
 * stands without it.
 */
export async function tryExplain<T>(find: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof AlmaError)) throw error;
    return undefined;
  }
}
