import { randomInt, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { paddedMedia } from '#local/media/padded-media.ts';
import { formatBytes } from '#local/terminal/size.ts';
import { destinations } from '#src/destinations/registry.ts';
import { createConnectGuard } from '#src/http/public-addresses.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { environmentOf, readSettings } from '#src/service-api/settings.ts';
import { CommandError } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import { type Context, type Environment, printJson, printNote, printResult } from '../context.ts';
import { describeError } from '../describe-error.ts';
import type { Ending } from '../exit-codes.ts';
import { type Column, tableOf } from '../output/table.ts';
import { deleteAsset } from '../probe/delete-asset.ts';
import type { ProbeFinding } from '../probe/finding.ts';
import {
  findProbedAsset,
  leftLine,
  newProbedAsset,
  type ProbedAsset,
} from '../probe/probed-asset.ts';
import { openProbedService, type ProbedService } from '../probe/probed-service.ts';
import { type ProbeRun, runProbe } from '../probe/run-probe.ts';

export interface Flags {
  readonly baseUrl?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Two chunks of the documented 5 MiB, and a short third one. */
const fileBytes = 11 * 1024 * 1024;

/** Random bytes more, so that the list of unfinished uploads, which has no names, shows the probe's own by its size. */
const mostExtraBytes = 64 * 1024;

const columns: readonly Column[] = [
  { title: 'QUESTION', importance: 0 },
  { title: 'FOUND', importance: 0, isFlexible: true, leastWidth: 16 },
  { title: 'ASSUMED', importance: 1 },
  { title: 'HOLDS', importance: 0 },
];

export async function probe(flags: Flags, context: Context): Promise<Ending> {
  const definition = probedDefinition();
  const key = keyIn(context.env, definition);
  const flagged = environmentOf(definition, { baseUrl: flags.baseUrl });
  const { baseUrl } = readSettings(definition, { ...context.env, ...flagged });
  await confirm(
    [
      `The account of ${definition.secret.variable} at ${baseUrl}`,
      `Sends one film of ${formatBytes(fileBytes)} in one upload session, makes about 20 calls, and deletes the asset. The service may count the film towards your quota.`,
    ],
    flags,
    context,
  );
  const agent = createAgent({ guard: createConnectGuard({ baseUrl, mayBePrivate: false }) });
  try {
    const transport = createTransport({ agent, clock: context.clock });
    const service = openProbedService(transport, { baseUrl, key, signal: context.signal });
    return await probeService(service, flags, context);
  } finally {
    await closeAgent(agent);
  }
}

/** Returns the one service that the questions are about. */
function probedDefinition(): AnyDefinition {
  const all: readonly AnyDefinition[] = destinations;
  const definition = all.find(({ kind }) => kind === 'twelvelabs');
  if (definition) return definition;
  throw new CommandError('usage', 'This program has no destination that the probe could ask.');
}

/** @throws CommandError - the variable with the key is not set */
function keyIn(env: Environment, { secret: { variable } }: AnyDefinition): string {
  const key = env[variable];
  if (key) return key;
  throw new CommandError(
    'credentials',
    `${variable} is not set. Put the API key of TwelveLabs into this environment variable.`,
  );
}

/** Runs the probe, deletes its asset in any case, and prints what was found, also before a failure. */
async function probeService(
  service: ProbedService,
  flags: Flags,
  context: Context,
): Promise<Ending> {
  const asset = newProbedAsset(`chunkferry-probe-${randomUUID()}.mp4`);
  context.onInterrupt(
    () => `Interrupted. ${asset.mayExist ? leftLine(asset) : 'Nothing was created.'}`,
  );
  const file = await buffer(await paddedMedia(fileBytes + randomInt(mostExtraBytes)));
  const { findings, failure } = await findAnswers({ service, file, asset }, flags, context);
  const deleted = asset.mayExist ? await cleanUp(service, asset, file.length, context) : undefined;
  printFindings({ findings, failure, asset, deleted }, flags, context);
  if (failure !== undefined) throw failure;
  return deleted === false || findings.some(({ holds }) => holds === false) ? 'failed' : 'done';
}

/** What the service answered, up to the failure that ended the probe, if one did. */
interface Answers {
  readonly findings: readonly ProbeFinding[];
  readonly failure: unknown;
}

async function findAnswers(
  run: Pick<ProbeRun, 'service' | 'file' | 'asset'>,
  { json }: Flags,
  context: Context,
): Promise<Answers> {
  const findings: ProbeFinding[] = [];
  const found = (finding: ProbeFinding) => {
    findings.push(finding);
    if (!json) printNote(context, `${finding.about}: ${finding.found}`);
  };
  const { clock, signal } = context;
  const failure = await runProbe({ ...run, clock, signal, found }).catch((error: unknown) => error);
  return { findings, failure };
}

/** What a probe prints at its end. */
interface ProbeResult extends Answers {
  readonly asset: ProbedAsset;
  /** Whether the asset is gone; undefined if none was created. */
  readonly deleted: boolean | undefined;
}

function printFindings(
  { findings, failure, asset, deleted }: ProbeResult,
  { json }: Flags,
  context: Context,
): void {
  const left = deleted === false ? leftLine(asset) : undefined;
  const { assetId } = asset;
  if (json)
    printJson(context, {
      ...{ version: 1, findings, asset: assetId, deleted, left },
      failure: failureLine(failure),
    });
  else if (findings.length > 0)
    printResult(context, tableOf(columns, findings.map(rowOf), context.io.stdout));
  if (left !== undefined) printNote(context, left);
  else if (deleted) printNote(context, `The asset ${assetId} is deleted.`);
}

/** Deletes what the probe may have created. Returns whether it is gone. Never rejects. */
async function cleanUp(
  service: ProbedService,
  asset: ProbedAsset,
  sizeBytes: number,
  context: Context,
): Promise<boolean> {
  if (asset.assetId === undefined) await findProbedAsset(service, asset, sizeBytes);
  return deleteAsset(service, asset, context);
}

function failureLine(failure: unknown): string | undefined {
  return failure === undefined ? undefined : describeError(failure, 'local').line;
}

function rowOf({ about, found, assumed = '', holds }: ProbeFinding): string[] {
  return [about, found, assumed, holds === undefined ? '' : holds ? 'yes' : 'NO'];
}
