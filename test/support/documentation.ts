import { readFileSync } from "node:fs";

/** The code blocks in a language on a page, with its path from the repository's root: `docs/frontend.md`, `json`. */
export const blocksOf = (page: string, language: string): string[] =>
  [...readFileSync(page, "utf8").matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block]) => block ?? "",
  );
