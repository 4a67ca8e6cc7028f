import { startEmulators } from '#local/emulators/start-emulators.ts';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { openPipeline } from '#local/pipeline.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import type { Sink } from '../servers.ts';
import { serveRequests } from '../worker-process.ts';

/** The object to move through the whole state machine. */
export interface TransferRequest {
  readonly s3Url: string;
  readonly bucket: string;
  readonly key: string;
  readonly sink: Sink;
}

/** The result of the execution. */
export interface TransferResult {
  /** The outcome of the transfer, such as `ready` or `queued`; else the status of the execution. */
  readonly outcome: string;
  readonly transitions: number;
  /** Number of entries by state. */
  readonly entered: Readonly<Record<string, number>>;
}

/** Factor by which waits are shorter. Only calls are counted, not time. */
const timeFactor = 100;

serveRequests(async ({ s3Url, bucket, key, sink }: TransferRequest) => {
  const tableName = 'transfers';
  const emulators = await startEmulators({ buckets: [], table: tableDefinition(tableName) });
  const pipeline = openPipeline({
    buckets: [bucket],
    environment: {
      ...emulators.environment,
      AWS_ENDPOINT_URL_S3: s3Url,
      [keys.tableName]: tableName,
      [keys.eventBusName]: 'default',
      [keys.apiKey]: sink.apiKey,
      [keys.baseUrl]: sink.baseUrl,
    },
    timeFactor,
  });
  const execution = pipeline.start({ bucket, key });
  emulators.follow(execution);
  const { status, output, transitions, entered } = await execution.result;
  await pipeline.close();
  await emulators.close();
  const { status: outcome = status } = (output ?? {}) as { readonly status?: string };
  return { outcome, transitions, entered } satisfies TransferResult;
});
