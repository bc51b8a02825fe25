import { SimulatedAlma } from "./alma.ts";
import { ALMA_TIMEOUT, hasKey, LEASE, MAX_AGE, Member } from "./member.ts";
import { LOSS_NOTICED, SimulatedStore } from "./store.ts";
import { World } from "./world.ts";

const MEMBERS = 3;
const RECORDS = 3;
/** Virtual milliseconds of one run. */
const DURATION = 60_000;

/**
 * Milliseconds within which a sent write shows: a new leader takes over while it may be performed, and then reads
 * everything again.
 */
const SHOWN_WITHIN = 2 * ALMA_TIMEOUT;

/** The result of a run. */
export interface Outcome {
  /** The violated invariant; undefined if none was. */
  readonly violation: string | undefined;
  readonly trace: readonly string[];
  readonly terms: number;
  readonly answers: number;
  readonly writes: number;
}

/**
 * Runs processes that share a store for a minute of virtual time, with every possible fault in them, in the store and
 * in the connections between them, while clients read and write through any of them.
 */
export async function simulate(seed: number): Promise<Outcome> {
  const world = new World(seed);
  let violation: string | undefined;
  const fail = (what: string) => {
    violation ??= what;
    world.note(`VIOLATION: ${what}`);
  };
  const store = new SimulatedStore(world);
  store.fail = fail;
  const alma = new SimulatedAlma(world, RECORDS, ALMA_TIMEOUT, (token) => store.terms.indexOf(token), fail);
  store.beganAt = ({ record, version }) => alma.versions[record]?.[version] ?? 0;
  store.underWay = alma.underWay;
  const members = Array.from({ length: MEMBERS }, (_, index) => new Member(`p${index}`, store, alma));
  store.noteSent = (operation, name) => {
    const leader = members.find(
      ({ isAlive, machine, share }) => isAlive && machine.name !== name && share.hasLease(),
    );
    if (leader) fail(`${name} has sent ${operation} while ${leader.machine.name} leads`);
  };
  let lostAt = Number.NEGATIVE_INFINITY;
  let [answers, writes] = [0, 0];

  /** Sends a request to a process, which forwards another one's answer. Rejects if the answer is lost. */
  const ask = async <T>(isWrite: boolean, call: Parameters<Member["answer"]>[2]) => {
    const first = members[world.pick(MEMBERS)] as Member;
    if (!first.isAlive) throw new Error("dead");
    const isHere = isWrite ? first.share.beginsMutations() : first.share.hasLease();
    const leader = isHere ? undefined : first.share.leader();
    if (!isHere && !leader) throw new Error("no leader");
    const answerer = leader ? members.find(({ machine }) => machine.name === leader.address) : first;
    if (!answerer?.isAlive) throw new Error("dead");
    return new Promise<T>((resolve, reject) => {
      // Some ask again soon, while the first answer is still under way.
      const patience = (2 * ALMA_TIMEOUT + 2 * LEASE) * (world.random() < 0.2 ? world.random() : 1);
      world.at(world.now + patience, () => reject(new Error("late")));
      const reset = () => world.at(world.now + world.random() * 50, () => reject(new Error("reset")));
      answerer.machine.connections.add(reset);
      answerer.machine.at(world.now + world.random() * 3, () => {
        answerer
          .answer(isWrite, leader?.term, call)
          .then(
            (value) =>
              world.random() < 0.01 ||
              answerer.machine.at(world.now + world.random() * 3, () => resolve(value as T)),
            reject,
          );
      });
    });
  };

  /** The versions that confirmed writes created, by record. */
  const told = Array.from({ length: RECORDS }, () => 0);

  const reader = async () => {
    for (;;) {
      await world.sleep(world.random() * 200);
      const record = world.pick(RECORDS);
      const [begun, floor] = [world.now, told[record] ?? 0];
      const version = await ask<number>(false, (backend) => backend.read(record)).catch(() => undefined);
      if (version === undefined) continue;
      answers++;
      if (version < floor) fail(`record ${record} was told as ${version} after a write to ${floor} was done`);
      const written = alma.writtenBefore(record, begun - SHOWN_WITHIN);
      if (version < written)
        fail(`record ${record} was told as ${version} long after a write to ${written} was sent`);
      const age = begun - alma.endOf(record, version);
      if (age > MAX_AGE) fail(`record ${record} was told as it was ${age} ms before the question`);
    }
  };

  const writer = async (name: string) => {
    for (let number = 0; ; number++) {
      await world.sleep(world.random() * 1_000);
      const [operation, record] = [`${name}-${number}`, world.pick(RECORDS)];
      let version: number | undefined;
      let askedAt = world.now;
      while (version === undefined) {
        askedAt = world.now;
        version = await ask<number | undefined>(true, (backend) => backend.write(operation, record)).catch(
          () => undefined,
        );
        if (version === undefined) await world.sleep(100 + world.random() * 500);
      }
      writes++;
      const { version: made } = alma.applied.get(operation) ?? {};
      if (made !== version) fail(`${operation} was told as done, and is not`);
      told[record] = Math.max(told[record] ?? 0, version);
      await world.sleep(world.random() * 1_000);
      if (!hasKey(operation)) continue;
      const remembers = await ask<boolean>(true, (backend) => backend.remembers(operation)).catch(
        () => undefined,
      );
      if (remembers === false && lostAt < askedAt) fail(`the key of ${operation} is forgotten`);
    }
  };

  /** Changes records in Alma without a gateway. */
  const outsider = async () => {
    for (;;) {
      await world.sleep(world.random() * 10_000);
      alma.change(world.pick(RECORDS));
    }
  };

  const restart = (index: number, ms: number) => {
    const old = members[index] as Member;
    old.machine.die();
    world.at(world.now + ms, () => {
      if (members[index] === old) members[index] = new Member(old.machine.name, store, alma);
    });
  };

  /**
   * Whether all processes run, and none still considers itself the leader after its lease has ended: it would continue
   * as one.
   */
  const isCalm = () =>
    members.every(
      ({ isAlive, machine, client, share }) =>
        isAlive &&
        !machine.isStopped &&
        client.cutUntil < world.now &&
        (share.term() === undefined || share.hasLease()),
    );

  /** Kills, stops or disconnects the leader, or shuts it down in order. */
  const disturbLeader = (ms: number) => {
    const index = members.findIndex(({ isAlive, share }) => isAlive && share.hasLease());
    const leader = members[index];
    if (!leader) return;
    const kind = world.pick(4);
    const what = ["killed", "stopped", "cut off", "told to leave"][kind];
    world.note(`so ${leader.machine.name} is ${what} for ${ms.toFixed(0)}`);
    if (kind === 0) restart(index, ms);
    else if (kind === 1) leader.machine.stop(ms);
    else if (kind === 2) leader.client.cutUntil = world.now + ms;
    else
      void leader.share
        .handOver()
        .then(() => world.sleep(2 * ALMA_TIMEOUT))
        .then(() => leader.isAlive && restart(index, ms));
  };

  /** Lets another server continue that lacks the data stored last. */
  const loseToReplica = async (ms: number) => {
    // If only few steps are lost, they rarely include the leader's lease, so that it may continue.
    const count = world.pick(world.random() < 0.6 ? 6 : 60);
    world.note(`the store goes on as a replica that lacks ${count} steps`);
    lostAt = world.now;
    store.lose(count, true);
    // The leader ran on the same machine.
    const next = world.random();
    if (next < 0.45) disturbLeader(ms);
    // The leader continues; it is disturbed later, or not before it must have noticed the loss.
    else if (next < 0.7) world.at(world.now + 700 + world.random() * LEASE, () => disturbLeader(ms));
    else await world.sleep(LOSS_NOTICED + LEASE);
  };

  const disturb = async () => {
    for (;;) {
      await world.sleep(world.random() * 2 * LEASE);
      const index = world.pick(MEMBERS);
      const { machine, client, share, isAlive } = members[index] as Member;
      const kind = world.random();
      const ms = world.random() * 3 * LEASE;
      if (!isAlive) continue;
      const name = machine.name;
      if (kind < 0.2) {
        world.note(`${name} is stopped for ${ms.toFixed(0)}`);
        machine.stop(ms);
      } else if (kind < 0.27) {
        world.note(`the machine of ${name} sleeps for ${ms.toFixed(0)}`);
        machine.sleepFor(ms);
      } else if (kind < 0.34) {
        const step = (world.random() - 0.5) * 20_000;
        world.note(`the calendar of ${name} is set by ${step.toFixed(0)}`);
        machine.setCalendar(step);
        // The loss is detected before the machine may suspend: the two together cannot be distinguished.
        share.hasLease();
      } else if (kind < 0.5) {
        world.note(`${name} is killed`);
        restart(index, ms);
      } else if (kind < 0.62) {
        world.note(`${name} leaves`);
        void share
          .handOver()
          .then(() => world.sleep(world.random() * 2 * ALMA_TIMEOUT))
          .then(() => isAlive && restart(index, ms));
      } else if (kind < 0.76) {
        world.note(`the store is slow for ${name}, and then cut off for ${ms.toFixed(0)}`);
        client.slowUntil = world.now + ms;
        const cut = () => {
          client.cutUntil = world.now + ms;
        };
        if (world.random() < 0.7) world.at(world.now + (world.random() * ms) / 2, cut);
      } else if (kind < 0.83) {
        world.note(`the store is away for ${ms.toFixed(0)}`);
        store.downUntil = world.now + ms;
      } else if (kind < 0.9) {
        await loseToReplica(ms);
      } else if (isCalm()) {
        const count = world.pick(60);
        world.note(`files of the store are put back that lack ${count} steps`);
        lostAt = world.now;
        store.lose(count, false);
        store.downUntil = world.now + LEASE;
        // The processes that have seen more detect it, if they are alive.
        await world.sleep(3 * LEASE);
      }
    }
  };

  const watch = async () => {
    for (let term = ""; ; ) {
      await world.sleep(20);
      const newLeader = members.find(({ isAlive, share }) => isAlive && share.hasLease());
      const newTerm = newLeader?.share.term() ?? term;
      if (newLeader && newTerm !== term && world.random() < 0.15) {
        world.note(`${newLeader.machine.name} is cut off as it begins to lead`);
        newLeader.client.cutUntil = world.now + world.random() * 3 * LEASE;
      }
      term = newTerm;
      const leaders = members.filter(({ isAlive, share }) => isAlive && share.hasLease());
      // A stopped process detects a loss with its next renewal.
      if (leaders.some(({ machine, client }) => !machine.isStopped && client.cutUntil < world.now))
        store.checkAcknowledged();
      if (leaders.length > 1)
        fail(`${leaders.map(({ machine }) => machine.name).join(" and ")} have the lease`);
    }
  };

  alma.whenSlow = () => {
    if (world.random() < 0.1) void loseToReplica(world.random() * 3 * LEASE);
  };
  for (let number = 0; number < 3; number++) void reader();
  for (const name of ["a", "b", "c"]) void writer(name);
  void outsider();
  void disturb();
  void watch();
  await world.run(DURATION, () => violation !== undefined);
  return { violation, trace: world.trace, terms: store.state.term, answers, writes };
}
