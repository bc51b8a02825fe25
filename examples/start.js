// Starts an example over the demo: `npm start` in its folder. With VITE_GATEWAY it uses that gateway instead.
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";

const root = new URL("..", import.meta.url).pathname;
const run = (command, cwd = ".", env = process.env) =>
  spawn(command, { cwd, env, shell: true, stdio: ["inherit", "pipe", "inherit"] });
const ended = (child) => new Promise((resolve) => child.once("close", resolve));

/** Starts the demo. Resolves with its address and its token endpoint. */
function startDemo() {
  const demo = run("npm run --silent demo -- --token-seconds 60", root);
  process.once("exit", () => demo.kill());
  return new Promise((resolve, reject) => {
    let output = "";
    demo.once("close", () => reject(new Error("The demo has not started.")));
    demo.stdout.on("data", (chunk) => {
      output += chunk;
      if (!output.includes("Stop with Ctrl+C")) return;
      const [, gateway] = /gateway answers on +(\S+)\/graphql/.exec(output);
      const [, tokens] = /username=ann (\S+)/.exec(output);
      resolve({ VITE_GATEWAY: gateway, VITE_TOKENS: tokens });
    });
  });
}

if (!existsSync("node_modules")) await ended(run("npm ci"));
const { VITE_GATEWAY } = process.env;
const env = { ...process.env, ...(VITE_GATEWAY ? {} : await startDemo()) };
const form = new URLSearchParams({ username: "ann" });
const token = env.VITE_TOKENS && (await (await fetch(env.VITE_TOKENS, { method: "POST", body: form })).json()).access_token;
const key = env.GATEWAY_KEY ?? token;
const schema = await fetch(`${env.VITE_GATEWAY}/schema.graphql`, { headers: key ? { authorization: `Bearer ${key}` } : {} });
if (!schema.ok) throw new Error(`The schema was refused with the status ${schema.status}: set GATEWAY_KEY.`);
writeFileSync("schema.graphql", await schema.text());
const generate = run("npm run generate", ".", env);
generate.stdout.pipe(process.stdout);
await ended(generate);
console.log("Sign in as ann, who may write, or as ben, who may only read.");
run("npx vite", ".", env).stdout.pipe(process.stdout);
