import type { FastifyInstance } from "fastify";
import type { Config, Log } from "../../config/index.ts";
import type { ForwardingMarks, Leadership, ShareState } from "../../share/index.ts";
import { createExchange } from "./exchange.ts";
import type { ForwardOptions } from "./forward.ts";
import { createForwardingHooks, type ForwardingHookOptions } from "./forwarding-hooks.ts";
import { watchLeader } from "./leader-watch.ts";
import { createPeerListener } from "./peer-listener.ts";
import { createPeerSignature } from "./ticket.ts";

/** How a process cooperates with others. */
export interface Sharing {
  readonly leadership: Leadership;
  readonly marks: ForwardingMarks;
  /** The state for readiness and metrics. */
  readonly state?: () => ShareState;
}

/** The parts of the server that forwarding uses. */
interface PeerOptions extends Omit<ForwardingHookOptions, keyof ForwardOptions | "maxBody"> {
  readonly config: Config;
  readonly log: Log;
  /** The time, in milliseconds, for the longest operation or upload and for reading its response. */
  readonly maxRequestTime: number;
}

/**
 * Creates both sides of forwarding: requests that this process forwards, and those that others forward to it. Call it
 * before adding the routes that forward requests. Throws if there is no PEER_SECRET.
 */
export function createPeers(
  app: FastifyInstance,
  { leadership, marks }: Sharing,
  { config, log, maxRequestTime, ...options }: PeerOptions,
) {
  const { peerSecret, leaderWait, almaTimeout, lease, maxBody } = config;
  if (peerSecret === undefined) throw new Error("PEER_SECRET is not set.");
  app.decorateRequest("ticket", null);
  app.decorateRequest("isForwarded", false);
  app.decorateRequest("isLeaderless", false);
  const signature = createPeerSignature(peerSecret);
  const exchange = createExchange(signature, maxRequestTime);
  const listener = createPeerListener(app, config, signature, leadership, options.mutations, maxRequestTime);
  const watch = watchLeader(leadership, exchange, lease);
  const stopListening = leadership.onChange(() => {
    const leader = leadership.leader();
    if (leader && signature.readAddress(leader.address) === undefined)
      log.error("the leader has another PEER_SECRET: no request can be forwarded to it");
  });
  const hooks = createForwardingHooks({
    ...options,
    leadership,
    marks,
    exchange,
    isCutOff: watch.isCutOff,
    leaderWait,
    // The time for the call to Alma, and then until no other process can still report the outcome.
    formerLeaderTime: 2 * almaTimeout + lease,
    maxBody,
  });
  app.addHook("onRoute", (route) => {
    if ([route.preParsing].flat().includes(hooks.whole)) route.handler = hooks.finishing(route.handler);
  });
  return {
    hooks,
    reachesLeader: watch.reachesLeader,
    listen: listener.listen,
    async close(): Promise<void> {
      watch.stop();
      stopListening();
      await Promise.all([listener.close(), exchange.close()]);
    },
  };
}

export type Peers = ReturnType<typeof createPeers>;
