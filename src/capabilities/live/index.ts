import { defineCapability } from "../../capability.ts";
import { createSharedQueries } from "./shared-query.ts";
import { addStreamRoutes } from "./stream-routes.ts";
import { isFollowed } from "./streamed-document.ts";
import { createStreams, type Streams } from "./streams.ts";

/**
 * Sends answers again when they change, and changes as they happen: `@live`, subscriptions, `GET /changes`, `/live`.
 */
export const live = defineCapability({
  name: "live",
  requires: ["history"],
  constants: {
    /** MAX_STREAMS: open streams. */
    maxStreams: 2000,
  },
  prepare({ config: { maxStreams }, metrics }) {
    let streams: Streams | undefined;
    metrics.gauge("streams", "Open streams.", () => streams?.size ?? 0);
    const ends = metrics.counter(
      "streams_ended_total",
      "Ended streams: the caller disconnected (closed) or has everything (complete), this process stops (drain) or no longer " +
        "leads (moved), the caller did not read (slow), the key expired (key), the request was refused (refused), or an error (failed).",
      "reason",
    );
    return {
      ports: { isFollowed },
      routes(app, parts) {
        streams = createStreams(parts, maxStreams, (reason) => ends.inc({ reason }));
        addStreamRoutes(app, parts, streams, createSharedQueries(parts, maxStreams));
      },
      drain: () => streams?.drain(),
    };
  },
});
