import { optional, text } from "../../config/index.ts";

/** Where imports are. */
export const settings = {
  imports: optional(
    "IMPORTS",
    text,
    "Folder of the documents that are imports, `NAME.graphql` at `/imports/NAME`; replaces those that come with the gateway, which may be copied. They are read at the start: a change needs another.",
    "those that come with the gateway",
  ),
};
