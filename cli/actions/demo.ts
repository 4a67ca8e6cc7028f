import { type DemoResult, runDemo } from '#local/commands/demo.ts';
import { createProgress, type Progress } from '#local/terminal/progress.ts';
import { summaryOf } from '#local/terminal/summary.ts';
import { type Context, printJson, printNote, printResult } from '../context.ts';
import { existingPath } from '../existing-path.ts';
import type { Ending } from '../exit-codes.ts';

/** The options of `chunkferry demo`. */
export interface DemoFlags {
  readonly size?: string;
  readonly destination: string;
  readonly json?: boolean;
}

/** Runs the demo, and prints how it ended. */
export async function demo(
  file: string | undefined,
  { size, destination, json }: DemoFlags,
  context: Context,
): Promise<Ending> {
  const progress = createProgress(process.stderr);
  context.onInterrupt(() => {
    progress.stop();
    return 'Interrupted. The demo keeps nothing.';
  });
  const path = file === undefined ? undefined : (existingPath(file, context.env) ?? file);
  const moved = await runDemo({ file: path, size, destination }, progress);
  const isEqual = moved.sha256.source === moved.sha256.arrived;
  if (moved.failure) printNote(context, `${moved.failure.error}: ${moved.failure.cause}`);
  if (json) printJson(context, documentOf(moved));
  else if (moved.output) printResult(context, summary(moved, moved.output, progress));
  return isEqual ? 'done' : 'failed';
}

function documentOf({ definition, object, output, failure, sha256 }: DemoResult) {
  const { assetId, bytes, chunks, retries, secondsToBytesComplete, secondsToReady } = output ?? {};
  const status = output?.status ?? 'failed';
  const measures = { assetId, bytes, chunks, retries, secondsToBytesComplete, secondsToReady };
  return {
    version: 1,
    destination: definition.kind,
    object,
    status,
    ...measures,
    ...failure,
    sha256,
  };
}

function summary(
  { definition, object, sha256 }: DemoResult,
  output: NonNullable<DemoResult['output']>,
  progress: Progress,
): string {
  const { source, arrived } = sha256;
  return summaryOf(output, ['object', object], progress.sent(), {
    asset: definition.asset,
    more: [
      ['SHA-256 in S3', source],
      ['SHA-256 arrived', `${arrived}${source === arrived ? '  equal' : '  DIFFERENT'}`],
    ],
  });
}
