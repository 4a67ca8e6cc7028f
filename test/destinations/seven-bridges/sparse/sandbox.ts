import { createContainer } from '#functions/runtime/container.ts';
import { createHandlers, type Handlers } from '#local/handlers.ts';
import { seededRandom } from '#local/simulators/randomness.ts';
import { readSettings } from '#src/config/environment.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import { destinations } from '#src/destinations/registry.ts';
import { sevenBridges } from '#src/destinations/seven-bridges/definition.ts';
import { createSevenBridges } from '#src/destinations/seven-bridges/destination.ts';
import { checkSettings } from '#src/destinations/seven-bridges/settings.ts';
import { optionRulesOf } from '#src/service-api/transfer-options.ts';
import { createCallBudgets } from '#src/throttling/call-budgets.ts';
import { createCallLimiter } from '#src/throttling/call-limiter.ts';
import { createThrottledDestination } from '#src/throttling/throttled-destination.ts';
import { createThrottledSource } from '#src/throttling/throttled-source.ts';
import type { openDoubles } from '../../../harness/port-harness.ts';
import { type Around, wrapPort } from '../../../harness/wrap-port.ts';
import { tokenOf } from '../../../scale/model/sparse-bytes.ts';
import { boundReply, type SparseService } from './service.ts';

const bucket = 'genomes';

/** The object, and the connection of one function. */
export interface Load {
  readonly sizeBytes: number;
  readonly bytesPerSecond: number;
}

export interface SandboxParts extends Load {
  readonly doubles: ReturnType<typeof openDoubles>;
  readonly service: SparseService;
}

/** One process of the functions. After `kill`, it waits without end: no call of it does anything. */
export interface Sandbox {
  readonly handlers: Handlers;
  /** Chunks that are being sent. */
  readonly inFlight: number;
  kill(): void;
}

const never = new Promise<never>(() => {});
const quiet = () => {};
const log = { info: quiet, warn: quiet, error: quiet };

/** The time of one call of the API, in ms, apart from the bytes. */
const callMs = 150;

/** Opens a process with the real adapter, limiter and call budgets, and a connection of its own. */
export function openSandbox({ doubles, service, ...load }: SandboxParts): Sandbox {
  const { clock, store, queue } = doubles;
  const random = seededRandom(5);
  let isDead = false;
  let inFlight = 0;
  const alive: Around = async (_, call) => (isDead ? never : call());
  const passBytes = linkOf(clock, load.bytesPerSecond);
  const transport: Transport = {
    send: async (request) => {
      const { signal } = request;
      const isPart = request.method === 'PUT';
      inFlight += isPart ? 1 : 0;
      try {
        await clock.sleep(callMs, signal);
        const passed = async (bytes: number) => {
          await passBytes(bytes, signal);
          if (isDead) await never;
        };
        const answer = await (isDead ? never : service.reply(request, passed));
        return isDead ? never : boundReply(answer, request.maxReplyBytes);
      } finally {
        inFlight -= isPart ? 1 : 0;
      }
    },
  };
  const limiter = createCallLimiter({ ...doubles, random, log, store: () => queue });
  const bridges = createSevenBridges({
    ...{ clock, log, transport },
    settings: checkSettings({ environment: 'cavatica', project: 'ada/genomes' }),
    apiKey: { get: async () => 'token', refresh: async () => 'token' },
    takeCall: createCallBudgets({ clock, random, store: () => queue }),
  });
  const overrides = {
    ...{ ...doubles, random, log },
    settings: { ...readSettings({}), sources: { list: [{ bucket }], readers: {} } },
    store: wrapPort(store, alive),
    queue: wrapPort(queue, alive),
    source: createThrottledSource(sparseSource(load), limiter),
    destination: createThrottledDestination(bridges, limiter),
    optionRules: optionRulesOf(sevenBridges, destinations),
  };
  return {
    handlers: createHandlers(createContainer({}, overrides)),
    get inFlight() {
      return inFlight;
    },
    kill: () => {
      isDead = true;
    },
  };
}

/** The connection of one function: its chunks in flight share the rate, piece by piece. */
function linkOf(clock: SandboxParts['doubles']['clock'], bytesPerSecond: number) {
  let freeAt = 0;
  return async (bytes: number, signal: AbortSignal) => {
    freeAt = Math.max(clock.now(), freeAt) + (bytes / bytesPerSecond) * 1000;
    await clock.sleep(freeAt - clock.now(), signal);
  };
}

/** How long a piece of a chunk takes on the connection, in seconds: far below the limit for no progress. */
const pieceSeconds = 8;

/** Amazon S3 without bytes. */
function sparseSource({ sizeBytes, bytesPerSecond }: Load): SourceReader {
  const pieceBytes = pieceSeconds * bytesPerSecond;
  return {
    inspect: async (reference) => ({ ...reference, etag: `${'0'.repeat(32)}-9`, sizeBytes }),
    confirmReadable: async () => {},
    async *read(_, range) {
      for (let left = lengthOf(range); left > 0; left -= pieceBytes)
        yield tokenOf(Math.min(left, pieceBytes));
    },
  };
}

export const reads = { bucket, key: 'runs/2026/reads.bam' };
