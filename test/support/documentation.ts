import { readFileSync } from "node:fs";

/** The code blocks of a page in a language, from the root of the repository: `docs/frontend.md`, `json`. */
export const blocksOf = (page: string, language: string): string[] =>
  [...readFileSync(page, "utf8").matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block]) => block ?? "",
  );
