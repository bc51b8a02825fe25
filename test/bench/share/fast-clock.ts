import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import promises from "node:timers/promises";

/**
 * Loaded before a program (`--import`), it makes time go by CLOCK_FACTOR times as fast for it: both clocks, and all
 * timers. What the program does takes as long as ever, so that it has the less time for it.
 */
const factor = Number(process.env.CLOCK_FACTOR ?? 1);
const RealDate = Date;
const [dateOrigin, origin] = [RealDate.now(), performance.now()];
const realNow = performance.now.bind(performance);
const { setTimeout: realTimeout, setInterval: realInterval } = timers;
const realSleep = promises.setTimeout;

const elapsed = (): number => (realNow() - origin) * factor;
Object.defineProperty(performance, "now", { value: () => origin + elapsed() });
RealDate.now = () => Math.floor(dateOrigin + elapsed());
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, self) =>
    Reflect.construct(target, given.length > 0 ? given : [target.now()], self),
});

timers.setTimeout = new Proxy(realTimeout, {
  apply: (target, self, [callback, ms, ...rest]) =>
    Reflect.apply(target, self, [callback, ms / factor, ...rest]),
});
timers.setInterval = new Proxy(realInterval, {
  apply: (target, self, [callback, ms, ...rest]) =>
    Reflect.apply(target, self, [callback, ms / factor, ...rest]),
});
promises.setTimeout = (ms = 0, ...rest) => realSleep(ms / factor, ...rest);
globalThis.setTimeout = timers.setTimeout;
globalThis.setInterval = timers.setInterval;
syncBuiltinESMExports();
