import { execFileSync, spawnSync } from "node:child_process";

/** Whether pdftotext is available. Without it, tests that read PDFs are skipped with a message. */
export const hasPdfText = spawnSync("pdftotext", ["-v"]).error === undefined;
if (!hasPdfText) process.stderr.write("No tests of PDFs: pdftotext (poppler-utils) is not on the PATH.\n");

/** The text of each sheet of a PDF. */
export const readPdf = (file: Uint8Array): string[] =>
  execFileSync("pdftotext", ["-layout", "-", "-"], { input: file, encoding: "utf8", maxBuffer: 2 ** 26 })
    .split("\f")
    .slice(0, -1);
