import { createEmfMeter } from '#functions/runtime/meter.ts';
import { startEmulators } from '#local/emulators/start-emulators.ts';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { openPipeline } from '#local/pipeline.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import type { ChunkRange } from '#src/core/transfer/chunk-plan.ts';
import { defaultKind, definitionOf } from '#src/destinations/registry.ts';
import { environmentOf } from '#src/service-api/settings.ts';
import { systemClock } from '#src/system/system-clock.ts';
import type { Bucket, Sink } from '../processes/servers.ts';
import { serveRequests } from '../processes/worker-process.ts';
import type { TransferPlan } from './count-transfer.ts';
import { type CallTally, countCalls } from './handler-calls.ts';
import { countOutput } from './output.ts';
import { startCountingTable, type TableUnits } from './table-units.ts';

/** The object to move through the whole state machine. */
export interface TransferRequest {
  readonly source: Bucket;
  readonly key: string;
  readonly sink: Sink;
  /** Variables of another destination than TwelveLabs at the sink. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What one transfer used, as far as this process sees it. */
export interface TransferResult {
  /** The outcome of the transfer, such as `ready` or `queued`; else the status of the execution. */
  readonly outcome: string;
  readonly transitions: number;
  readonly historyEvents: number;
  /** Number of entries by state. */
  readonly entered: Readonly<Record<string, number>>;
  /** The ranges of the first plan. */
  readonly ranges: readonly ChunkRange[];
  readonly calls: readonly CallTally[];
  readonly table: TableUnits;
  /** Bytes that CloudWatch bills of what the functions print: log lines and metrics. */
  readonly logBytes: number;
  readonly logLines: number;
  /** Names of the metrics that the transfer reported, with their dimension's value. */
  readonly metrics: readonly string[];
  /** Published events. */
  readonly events: number;
}

/** A transfer with the requests at its source and its sink. */
export interface CountedTransfer extends TransferResult, TransferPlan {
  readonly s3: Readonly<Record<string, number>>;
  readonly sink: Readonly<Record<string, number>>;
}

/** Factor by which waits are shorter. Only units are counted, not time. */
const timeFactor = 100;

const service = definitionOf(defaultKind, 'bench');

serveRequests(async ({ source, key, sink, environment }: TransferRequest) => {
  const output = countOutput(process.stdout);
  const tableName = 'transfers';
  const emulators = await startEmulators({ buckets: [], table: tableDefinition(tableName) });
  const table = await startCountingTable(emulators.dynamoDb.url);
  const meter = createEmfMeter(systemClock, 'chunkferry');
  const pipeline = openPipeline({
    buckets: [source.bucket],
    environment: {
      ...emulators.environment,
      AWS_ENDPOINT_URL_S3: source.url,
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      [keys.tableName]: tableName,
      [keys.eventBusName]: 'default',
      [service.secret.variable]: sink.apiKey,
      ...environmentOf(service, { baseUrl: sink.baseUrl }),
      ...environment,
    },
    overrides: { meter },
    timeFactor,
  });
  const calls = countCalls(pipeline, () => meter.flush());
  const ranges: ChunkRange[][] = [];
  const execution = pipeline.start(
    { bucket: source.bucket, key },
    {
      handlers: calls.handlers,
      onInvocation: ({ result }) => {
        const planned = (result as { ranges?: ChunkRange[] } | undefined)?.ranges;
        if (planned) ranges.push(planned);
      },
    },
  );
  emulators.follow(execution);
  const { status, output: state, transitions, historyEvents, entered } = await execution.result;
  await dispatchAfterEnd(execution.executionArn, calls.handlers);
  const result = {
    outcome: (state as { status?: string } | undefined)?.status ?? status,
    transitions,
    historyEvents,
    entered,
    ranges: ranges[0] ?? [],
    calls: calls.tally(),
    table: await table.units(),
    ...output.counts(),
    events: emulators.eventBridge.entries.length,
  } satisfies TransferResult;
  await pipeline.close();
  await table.close();
  await emulators.close();
  return result;
});

/** Calls the dispatcher as its rule does at the end of each execution. */
async function dispatchAfterEnd(
  executionArn: string,
  handlers: ReturnType<typeof countCalls>['handlers'],
): Promise<void> {
  const stateMachineArn = executionArn
    .replace(':execution:', ':stateMachine:')
    .replace(/:[^:]+$/, '');
  await handlers.Dispatch({ stateMachineArn } as never, undefined as never);
}
