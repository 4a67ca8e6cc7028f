import { expect, it } from 'vitest';
import type { SevenBridgesSimulator } from '#local/simulators/seven-bridges/server.ts';
import type { HttpRequest } from '#src/core/ports/transport.ts';
import { film, openPortHarness, type PortHarness, putFilm } from '../../harness/port-harness.ts';
import { type RunOptions, runTransfer } from '../../harness/run-transfer.ts';
import { wrapPort } from '../../harness/wrap-port.ts';
import { adapterAt, type Bridged, bridge, patient, serviceOf, type Through } from './bridged.ts';

const parts = 3;
const partBytes = 1024;

/** One moment of a transfer: before or after the effect of its n-th request. */
interface Moment {
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** A process that ends at a moment: no port of it works afterwards, and its execution is killed. */
class Mortal {
  isDead = false;
  kill: () => void = () => {};
  readonly requests: string[] = [];
  readonly #moment: Moment;

  constructor(moment: Moment) {
    this.#moment = moment;
  }

  readonly through: Through = (transport) => ({
    send: async (request) => {
      this.assertAlive();
      const isLast = this.requests.push(nameOf(request)) === this.#moment.nth;
      if (isLast && this.#moment.when === 'before') this.#die();
      const reply = await patient(transport).send(request);
      if (isLast) this.#die();
      this.assertAlive();
      return reply;
    },
  });

  assertAlive(): void {
    if (this.isDead) throw new Error('the process has ended');
  }

  #die(): never {
    this.isDead = true;
    this.kill();
    throw new Error('the process ends');
  }
}

function nameOf({ method, url }: HttpRequest): string {
  const { pathname } = new URL(url);
  return `${method} ${pathname.replace(/[\w-]{16,}/g, 'x')}`;
}

/** Returns the ports of a mortal process. */
function portsOf({ ports }: PortHarness, mortal: Mortal): PortHarness['ports'] {
  const alive = (_: string, call: () => unknown) => {
    mortal.assertAlive();
    return call();
  };
  return { ...ports, store: wrapPort(ports.store, alive), events: wrapPort(ports.events, alive) };
}

interface Ended {
  readonly harness: PortHarness;
  readonly simulator: SevenBridgesSimulator;
  readonly sha256: string;
  readonly mortal: Mortal;
}

/** Runs a transfer until its process ends. */
async function runUntil(moment: Moment): Promise<Ended & { readonly first: Bridged }> {
  const mortal = new Mortal(moment);
  const first = await bridge({ partSize: partBytes }, {}, mortal.through);
  const harness = await openPortHarness(async () => serviceOf(first));
  const sha256 = putFilm(harness, parts * partBytes - 7);
  const options: RunOptions = {
    onCall: (_, __, kill) => {
      mortal.kill = kill;
    },
  };
  await runTransfer({ ...harness, ports: portsOf(harness, mortal) }, film, options);
  return { harness, simulator: first.simulator, sha256, mortal, first };
}

/** Returns every moment of a transfer. */
async function momentsOf(): Promise<Moment[]> {
  const { mortal } = await runUntil({ nth: 0, when: 'before' });
  return mortal.requests.flatMap((_, i): Moment[] => [
    { nth: i + 1, when: 'before' },
    { nth: i + 1, when: 'after' },
  ]);
}

/** Continues in a new process, and returns what went wrong. */
async function continued({ harness, simulator, sha256, mortal }: Ended): Promise<string[]> {
  const { bridges } = adapterAt(simulator, harness.clock as never, {}, patient);
  const ports = { ...harness.ports, destination: bridges };
  const executionId = 'execution-b';
  const { output, error } = await runTransfer({ ...harness, ports }, film, { executionId });
  const files = simulator.entries();
  const puts = simulator.calls.filter(({ operation }) => operation === 'put').length;
  return [
    ...(output.assetId === undefined ? [`it ended with ${error}`] : []),
    ...(files.length === 1 ? [] : [`${files.length} files`]),
    ...(files[0] && simulator.storedSha256(files[0].id) !== sha256 ? ['other bytes'] : []),
    // A crash costs the parts in flight, at most all of this small file.
    ...(puts > 2 * parts ? [`${puts} sends`] : []),
  ].map((flaw) => `${mortal.requests.at(-1)}: ${flaw}`);
}

it('a transfer that dies before or after any request is continued to exactly one file', async () => {
  const moments = await momentsOf();
  expect(moments.length).toBeGreaterThanOrEqual(2 * (2 * parts + 4));
  const flaws: string[] = [];
  for (const moment of moments) {
    const ended = await runUntil(moment);
    expect(ended.mortal.isDead, `a process dies ${moment.when} request ${moment.nth}`).toBe(true);
    flaws.push(...(await continued(ended)).map((flaw) => `${moment.when} ${flaw}`));
  }
  expect(flaws).toEqual([]);
});
