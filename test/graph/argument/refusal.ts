import { GraphQLError } from "graphql";

/** What `act` is refused for, as a caller would see it; fails if it is not refused as bad input. */
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
