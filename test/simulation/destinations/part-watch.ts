import type { SevenBridgesSimulator } from '#local/simulators/seven-bridges/server.ts';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import type { ChunkBody, Destination } from '#src/core/transfer/destination.ts';
import type { Wire } from '../../conformance/wire/wire.ts';
import type { ManualClock } from '../../harness/clock.ts';
import type { Chance } from '../harness/chance.ts';

/** Pieces that may be between the source and the connection. */
const maxPiecesAhead = 2;

/** Longer than an upload host may accept no byte. */
const hangMs = 700_000;

/** What happens at one request, counted from 1. */
const events = ['uploads forgotten', 'request hangs', 'reply names a server'] as const;

type Event = (typeof events)[number];

/** Nothing listens there. */
const otherServer = 'http://127.0.0.1:9/elsewhere';

/**
 * Watches an adapter between the engine and the wire, and adds faults that are neither a reply nor a connection: the
 * service forgets all uploads, its host takes no byte, or a reply names another server.
 */
export class PartWatch {
  /** The time of each exchange. */
  readonly times: number[] = [];
  readonly noticed: string[] = [];
  /** Uploads from before the watch. */
  readonly earlier: number;
  readonly #clock: ManualClock;
  readonly #simulator: SevenBridgesSimulator;
  readonly #wire: Wire;
  readonly #events = new Map<number, Event>();

  constructor(clock: ManualClock, simulator: SevenBridgesSimulator, wire: Wire) {
    this.#clock = clock;
    this.#simulator = simulator;
    this.#wire = wire;
    this.earlier = simulator.uploads().length;
    wire.interception = (request, pass) => this.#intercept(request, pass);
  }

  /** Plans one event, and names it. */
  planFault(from: Chance): string {
    const event = from.pick(events);
    const nth = this.times.length + from.between(2, 25);
    this.#events.set(nth, event);
    return `${event} at request ${nth}`;
  }

  /** Returns the adapter, whose sessions and bodies are watched. */
  watching(adapter: Destination): Destination {
    return {
      ...adapter,
      openSession: async (...args) => {
        const session = await adapter.openSession(...args);
        if (session.assetId !== undefined) this.noticed.push('it has an asset before its finish');
        return session;
      },
      sendChunk: (session, chunk, body, call) =>
        adapter.sendChunk(session, chunk, this.#watched(body, chunk.index), call),
    };
  }

  async #intercept(request: HttpRequest, pass: () => Promise<HttpReply>): Promise<HttpReply> {
    const event = this.#events.get(this.times.push(this.#clock.now()));
    if (event === 'uploads forgotten') this.#simulator.forgetUploads();
    if (event === 'request hangs' && request.method === 'PUT') {
      await this.#clock.sleep(hangMs, request.signal);
      this.noticed.push('a request went on after its call had ended');
    }
    const reply = await pass();
    if (event !== 'reply names a server') return reply;
    return { ...reply, headers: { ...reply.headers, location: otherServer } };
  }

  #watched(body: ChunkBody, index: number): ChunkBody {
    const taken = () =>
      this.#wire.exchanges.findLast(
        ({ request: { method, url } }) => method === 'PUT' && partOf(url) === index,
      )?.pieces ?? 0;
    const { noticed } = this;
    return {
      ...body,
      open: async function* () {
        let read = 0;
        for await (const piece of body.open()) {
          if (++read - taken() > maxPiecesAhead) noticed.push(`${read} pieces in memory`);
          yield piece;
        }
      },
    };
  }
}

function partOf(url: string): number {
  return Number(new URL(url).searchParams.get('partNumber'));
}
