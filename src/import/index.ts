export { listImports } from "./definition/import-folder.ts";
export { addImports } from "./imports.ts";
