import { startEmulators } from '#local/emulators/start-emulators.ts';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { openPipeline } from '#local/pipeline.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import type { Sink } from '../servers.ts';
import { answerQuestions } from '../talking-process.ts';

/** Which object to move by the whole state machine. */
export interface TransferQuestion {
  readonly s3Url: string;
  readonly bucket: string;
  readonly key: string;
  readonly sink: Sink;
}

/** What the state machine made of it. */
export interface TransferAnswer {
  readonly status: string;
  readonly transitions: number;
  /** How often each state was entered. */
  readonly entered: Readonly<Record<string, number>>;
}

/** Only calls are counted, so waits may pass faster. */
const timeFactor = 100;

answerQuestions(async ({ s3Url, bucket, key, sink }: TransferQuestion) => {
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
  const { status, transitions, entered } = await execution.result;
  await pipeline.close();
  await emulators.close();
  return { status, transitions, entered } satisfies TransferAnswer;
});
