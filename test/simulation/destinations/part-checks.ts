import type { SevenBridgesSimulator } from '#local/simulators/seven-bridges/server.ts';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import type { SessionRecord } from '#src/core/transfer/upload-rows.ts';
import type { Exchange } from '../../conformance/wire/wire.ts';
import type { End } from '../../destinations/selfcommunity/community.ts';
import type { PortHarness } from '../../harness/port-harness.ts';

/** What one run of Seven Bridges shows. */
export interface PartsSeen {
  readonly simulator: SevenBridgesSimulator;
  readonly harness: PortHarness;
  readonly exchanges: readonly Exchange[];
  /** The time of each exchange. */
  readonly times: readonly number[];
  readonly ends: readonly End[];
  /** Whether one execution ran from its start to its end, and no process was killed. */
  readonly isUndisturbed: boolean;
  /** Uploads from before the run. */
  readonly earlier: number;
  /** What was noticed while the requests were made. */
  readonly noticed: readonly string[];
}

/** Returns what an adapter did that it must never do, under any faults. */
export function partFlaws(seen: PartsSeen): string[] {
  return [
    ...new Set([
      ...seen.noticed,
      ...secretFlaws(seen),
      ...requestFlaws(seen),
      ...sessionFlaws(seen),
      ...(seen.isUndisturbed ? waitFlaws(seen) : []),
    ]),
  ];
}

function secretFlaws({ simulator, harness, exchanges, ends }: PartsSeen): string[] {
  const { token, baseUrl } = simulator;
  const requests = exchanges.map(({ request }) => request);
  const shown = [ends, harness.logged, harness.events.all].map((all) => JSON.stringify(all));
  const isForeign = ({ url }: HttpRequest) => !url.startsWith(`${baseUrl}/`);
  const hasToken = ({ headers }: HttpRequest) => Object.values(headers).includes(token);
  const bodyOf = ({ body }: HttpRequest) => (typeof body === 'string' ? body : '');
  return flawsOf([
    [
      [...shown, harness.store.dump()].some((text) => text.includes(token)),
      'the token is in the output',
    ],
    [
      requests.some((one) => `${one.url} ${bodyOf(one)}`.includes(token)),
      'the token is in a URL or a body',
    ],
    [requests.filter(isForeign).some(hasToken), 'another server receives the token'],
  ]);
}

function requestFlaws({ simulator, harness, exchanges, ends }: PartsSeen): string[] {
  const { baseUrl, project, calls } = simulator;
  const { identity } = harness.destination;
  const puts = exchanges.filter(({ request }) => request.method === 'PUT').length;
  const sends = harness.calls.sends.length;
  const repeated = calls
    .filter(({ operation }) => operation === 'report' || operation === 'complete')
    .some(({ parts }) => new Set(parts).size < parts.length);
  return flawsOf([
    [puts > sends, `${puts} PUTs for ${sends} sends`],
    [repeated, 'a part is reported twice in one call'],
    [ends.some(({ output }) => output.etags === 'opaque'), 'the output calls the ETags opaque'],
    [!identity.includes(baseUrl), 'the identity names no server'],
    [!identity.includes(project), 'the identity names no project'],
  ]);
}

/** Statuses after which an upload may exist. */
const ambiguous: readonly number[] = [408, 500, 502, 504];

/** A create whose upload may exist is `lost`; one that had no effect is `rejected`. */
function sessionFlaws({ simulator, harness, earlier, isUndisturbed }: PartsSeen): string[] {
  const [, rows] = JSON.parse(harness.store.dump()) as [unknown, [string, SessionRecord][]];
  const records = rows.map(([, record]) => record);
  const known = new Set(records.map(({ session }) => session?.uploadId));
  const uploads = simulator.uploads().slice(earlier);
  const unknown = uploads.filter(({ id }) => !known.has(id)).length;
  const count = (...states: SessionRecord['state'][]) =>
    records.filter(({ state }) => states.includes(state)).length;
  const unheard = simulator.faults.applied.filter((fault) => {
    if (fault.on !== 'initialize') return false;
    if (fault.kind === 'status') return ambiguous.includes(fault.status);
    return fault.kind === 'reset' || fault.kind === 'lost-reply';
  }).length;
  return flawsOf([
    [unknown > count('lost', 'opening', 'replaced'), `${unknown} creates of unknown uploads`],
    [isUndisturbed && count('lost') > unheard, `${count('lost')} creates count as lost`],
  ]);
}

/** A request is not repeated before the time that a reply to it named. */
function waitFlaws({ exchanges, times }: PartsSeen): string[] {
  const readyAt = new Map<string, number>();
  const early: string[] = [];
  for (const [i, { request, reply }] of exchanges.entries()) {
    const key = keyOf(request);
    const now = times[i] ?? 0;
    if (now < (readyAt.get(key) ?? 0)) early.push(`${request.method} again before its time`);
    const wait = reply && waitOf(reply, now);
    if (wait !== undefined) readyAt.set(key, wait);
  }
  return early;
}

function keyOf({ method, url }: HttpRequest): string {
  const { pathname, searchParams } = new URL(url);
  return `${method} ${pathname} ${searchParams.get('partNumber') ?? ''}`;
}

/** Returns when the next request may be sent. A reset time has whole seconds. */
function waitOf({ status, headers }: HttpReply, now: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const after = headers['retry-after'];
  if (after !== undefined) return now + Number(after) * 1000;
  const isUsedUp = headers['x-ratelimit-remaining'] === '0';
  return isUsedUp ? (Number(headers['x-ratelimit-reset']) - 1) * 1000 : undefined;
}

function flawsOf(checks: readonly [boolean, string][]): string[] {
  return checks.filter(([isBroken]) => isBroken).map(([, text]) => text);
}
