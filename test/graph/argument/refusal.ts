import { GraphQLError } from "graphql";

/**
 * The argument and message of the BAD_USER_INPUT that `act` throws; rethrows other errors and throws if there is none.
 */
export function refusal(act: () => unknown): { readonly argument: unknown; readonly message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof GraphQLError && error.extensions.code === "BAD_USER_INPUT") {
      return { argument: error.extensions.argument, message: error.message };
    }
    throw error;
  }
  throw new Error("It was not refused.");
}
