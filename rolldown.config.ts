import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "rolldown";

const files = readdirSync("src", { recursive: true, encoding: "utf8" });
const programs = files.filter((path) => /^(main|key-command|store-command|.*-thread)\.ts$/.test(path));
const data = files.filter((path) => /\.(json|graphql)$/.test(path) && !path.endsWith("mappers.json"));

/**
 * What runs in production: few files, with what they need of packages. To find and load each module of each package
 * takes a third of the time of a start.
 */
export default defineConfig({
  input: Object.fromEntries(programs.map((path) => [path.replace(/(-command)?\.ts$/, ""), `src/${path}`])),
  platform: "node",
  resolve: {
    alias: {
      // Its parts require each other by names that are made as it runs.
      "jsonc-parser": "jsonc-parser/lib/esm/main.js",
      // It takes Node's only where it is not bundled.
      "@apollo/utils.createhash": "node:crypto",
    },
  },
  plugins: [
    {
      name: "data",
      buildStart() {
        for (const fileName of data)
          this.emitFile({ type: "asset", fileName, source: readFileSync(`src/${fileName}`) });
      },
    },
  ],
  output: { dir: "dist", cleanDir: true, chunkFileNames: "chunk/[hash].js", sourcemap: true },
  logLevel: "warn",
});
