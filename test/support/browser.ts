import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type BrowserContext, type Browser as Chromium, chromium, type Page } from "playwright-core";

/** Chromium's headless shell needs half as much CPU. */
const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
const folders = (process.env.PATH ?? "").split(delimiter);

/** The path of Chromium on this machine. Without it, tests that need it are skipped with a message. */
export const chromiumPath = folders
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((place) => existsSync(place));
if (!chromiumPath) process.stderr.write(`No browser tests: none of ${names.join(", ")} is on the PATH.\n`);

/** A browser profile that can reach only this machine. */
export interface Browser {
  readonly context: BrowserContext;
  /** Every address on another machine that a page requested; none was reached. */
  readonly wanted: string[];
  /** The errors that pages wrote to the console, and the uncaught errors of their scripts. */
  readonly complaints: string[];
  open(url: string): Promise<Page>;
  close(): Promise<void>;
}

let launched: Promise<Chromium> | undefined;

/** Chromium without a window, which the test files of a process share. It ends with the process. */
const launch = (): Promise<Chromium> =>
  chromium.launch({
    ...(chromiumPath ? { executablePath: chromiumPath } : {}),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // It resolves only this machine's name, not even its own services.
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
  });

/** Opens an empty profile in Chromium. */
export async function startBrowser(): Promise<Browser> {
  launched ??= launch();
  const started = await launched;
  const context = await started.newContext({ viewport: { width: 1280, height: 800 } });
  const wanted: string[] = [];
  const complaints: string[] = [];
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const here = /^(blob|data):$/.test(protocol) || hostname === "127.0.0.1" || hostname === "localhost";
    if (!here) wanted.push(request.url());
  });
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  context.on("weberror", (fault) => complaints.push(String(fault.error())));
  return {
    context,
    wanted,
    complaints,
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    close: () => context.close(),
  };
}
