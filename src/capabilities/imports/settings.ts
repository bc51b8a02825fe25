import { optional, text } from "../../config/index.ts";

/** The folder of imports. */
export const settings = {
  imports: optional(
    "IMPORTS",
    text,
    "Folder of imports (`NAME.graphql`), read at the start; replaces the shipped ones.",
    "those that come with the gateway",
  ),
};
